import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Infer } from '@sheaf/inference';
import { document, failing, plus, run, signatures, stage, step } from '../testing/fake-models.ts';
import { mistakes } from '../testing/test-pipeline.ts';

const context = { tier: { metadata: 'x-tier', default: 1 } };
const weighing = { ensemble: { a: { model: 'a', weight: 'context.tier' } }, combine: { 'weighted-mean': 'y' } };

describe('a context value of the wrong kind', () => {
  const refused = {
    code: 'INVALID_ARGUMENT',
    reason: 'CONTEXT_INVALID',
    message: /^metadata "x-tier": want a finite number/,
  };
  const ask = { metadata: { 'x-tier': 'abc' } };
  const first = { model: 'a', inputs: { x: 'x' } };
  for (const [where, stages, rules] of [
    ['a weight behind another stage', { first, s: { ...weighing, inputs: { x: 'first.y' } } }, {}],
    ['an optional stage', stage({ ...weighing, optional: true }), {}],
    ['a rule after', stage({ model: 'a' }), { after: [{ name: 'r', when: 'context.tier > 1.0', refuse: 'no' }] }],
    ['nothing', stage({ model: 'a' }), {}],
  ] as const) {
    it(`is the caller's mistake before anything runs, read by ${where}`, async () => {
      let asked = 0;
      const a: Infer = (request, own) => {
        asked++;
        return plus(0)(request, own);
      };
      await assert.rejects(run(stages, { a }, ask, { context, rules }), refused);
      assert.equal(asked, 0);
    });
  }

  it("is the caller's mistake of a pipeline inside", async () => {
    const inner = { ...document(stage({ model: 'a' }), { y: 's.y' }, { context }), pipeline: 'inner' };
    const stages = { first, s: { pipeline: 'inner', inputs: { x: 'first.y' } } };
    await assert.rejects(run(stages, { a: plus(0) }, ask, {}, { others: [inner] }), {
      code: 'INVALID_ARGUMENT',
      reason: 'CONTEXT_INVALID',
    });
  });

  it('is found when the pipeline is loaded, where a rule sets it', () => {
    const doc = document(
      stage({ model: 'a' }),
      { y: 's.y' },
      {
        context: { tier: { parameter: 'tier', default: 1 }, beta: { parameter: 'beta', default: false } },
        rules: { before: [{ name: 'r', set: { tier: 'gold', beta: true, other: 'x' } }] },
      },
    );
    assert.deepEqual(mistakes(doc, { signatures }), [
      'rules.before.0.set.tier: want a finite number, as context.tier is, got "gold"',
    ]);
  });
});

describe('a tensor of the caller', () => {
  it("is the caller's mistake also when a member inside reads it by wires of its own", async () => {
    const stages = {
      first: { model: 'a', inputs: { x: 'x' } },
      s: {
        ensemble: { b: { model: 'b', inputs: { x: 'x' } }, a: step('a') },
        combine: { mean: 'y' },
        inputs: { x: 'first.y' },
      },
    };
    await assert.rejects(run(stages, { a: plus(0), b: failing('INVALID_ARGUMENT') }), { code: 'INVALID_ARGUMENT' });
  });
});
