import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type Parameter, packBytes, type Tensor, tensorOfNumbers } from '@sheaf/inference';
import { compareOutcomes, type Outcome } from './compare.ts';

const answer = (outputs: readonly Tensor[], parameters: Readonly<Record<string, Parameter>> = {}): Outcome => ({
  response: { model: 'digits', version: '1', parameters: new Map(Object.entries(parameters)), outputs },
});
const floats = (shape: readonly number[], ...values: number[]): Tensor =>
  tensorOfNumbers('probs', 'FP32', shape, values);
const texts = (...words: string[]): Tensor => ({
  name: 'word',
  datatype: 'BYTES',
  shape: [words.length],
  data: packBytes(words),
});
const labels = { by: 'labels', tolerance: 1e-3 } as const;
const values = { by: 'values', tolerance: 1e-3 } as const;
const compared = (a: Tensor, b: Tensor, by: typeof labels | typeof values = labels) =>
  compareOutcomes(answer([a]), answer([b]), by);

describe('two answers', () => {
  it('agree where the largest column of each row is the same, however far the scores are apart', () => {
    const { agrees, outputs } = compared(floats([2, 2], 0.9, 0.1, 0.2, 0.8), floats([2, 2], 0.6, 0.4, 0.2, 0.8));
    assert.equal(agrees, true);
    assert.ok(Math.abs((outputs[0]?.difference ?? 0) - 0.3) < 1e-6);
  });

  it('differ where it is another one, and worse than where only numbers do', () => {
    const other = compared(floats([2, 2], 0.9, 0.1, 0.2, 0.8), floats([2, 2], 0.4, 0.6, 0.2, 0.8));
    assert.equal(other.agrees, false);
    assert.equal(other.why, '"probs" has another label in 1 rows');
    assert.ok(other.score > compared(floats([1, 2], 0, 1), floats([1, 2], 0, 900)).score);
  });

  it('are held against one another number by number where that is wanted, and where there is one column', () => {
    const near = [floats([1, 2], 1, 100), floats([1, 2], 1.0001, 100.05)] as const;
    const far = [floats([1, 2], 1, 100), floats([1, 2], 1.1, 100)] as const;
    assert.deepEqual([compared(...near, values).agrees, compared(...far, values).agrees], [true, false]);
    assert.deepEqual(
      [compared(floats([1, 1], 1), floats([1, 1], 1.1)).agrees, compared(floats([], 1), floats([], 1)).agrees],
      [false, true],
    );
  });

  it('agree on whole numbers and texts only where these are the same', () => {
    const whole = (...given: number[]): Tensor => tensorOfNumbers('label', 'INT64', [given.length], given);
    assert.equal(compared(whole(1, 2), whole(1, 2)).agrees, true);
    assert.equal(compared(whole(1, 2), whole(1, 3)).agrees, false);
    assert.equal(compared(texts('cat', 'dog'), texts('cat', 'dog')).agrees, true);
    assert.equal(compared(texts('cat', 'dog'), texts('cat', 'cow')).why, '"word" has 1 other texts');
  });

  it('differ where there is no number, or no end, on one side alone', () => {
    assert.equal(compared(floats([1], Number.NaN), floats([1], Number.NaN)).agrees, true);
    assert.equal(compared(floats([1], 1), floats([1], Number.NaN)).agrees, false);
    assert.equal(compared(floats([1], 1), floats([1], Number.POSITIVE_INFINITY)).agrees, false);
  });

  it('differ in shape, type and what is there at all', () => {
    assert.match(compared(floats([1, 2], 1, 2), floats([2, 1], 1, 2)).why, /has the shape \[2,1\], not \[1,2\]/);
    assert.match(compared(floats([1], 1), tensorOfNumbers('probs', 'FP64', [1], [1])).why, /is FP64, not FP32/);
    assert.equal(compareOutcomes(answer([floats([1], 1)]), answer([]), labels).why, 'there is no output "probs"');
  });

  it('tell which rules came out otherwise', () => {
    const { rules, agrees } = compareOutcomes(
      answer([], { sheaf_rules: 'a, b', sheaf_shadow: 'c' }),
      answer([], { sheaf_rules: 'b', sheaf_shadow: 'c, d' }),
      labels,
    );
    assert.deepEqual([rules, agrees], [['a', 'd'], true]);
  });
});

describe('calls that are not answered', () => {
  const refused = (rule: string): Outcome => ({
    error: new InferError('INVALID_ARGUMENT', 'no', { decision: `rule:${rule}` }),
  });
  const failed: Outcome = { error: new InferError('INTERNAL', 'no') };

  it('are failures of the copy, unless a rule refused it', () => {
    const failure = compareOutcomes(answer([]), failed, labels);
    assert.deepEqual([failure.isFailed, failure.agrees, failure.why], [true, false, 'the copy failed: INTERNAL']);
    const ruled = compareOutcomes(answer([]), refused('closed'), labels);
    assert.deepEqual([ruled.isFailed, ruled.agrees, ruled.rules], [false, false, ['closed']]);
  });

  it('agree where the same rule refused both', () => {
    assert.equal(compareOutcomes(refused('closed'), refused('closed'), labels).agrees, true);
    const other = compareOutcomes(refused('closed'), answer([]), labels);
    assert.deepEqual([other.agrees, other.rules], [false, ['closed']]);
  });
});
