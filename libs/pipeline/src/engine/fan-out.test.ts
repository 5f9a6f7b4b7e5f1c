import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Infer } from '@sheaf/inference';
import { countingModel, document, failing, fp32, plus, run, stage, step, yOf } from '../testing/fake-models.ts';

const ones = (count: number) => fp32('x', ...new Array(count).fill(1));

describe('what one request sets off', () => {
  const parts = { each: step('a'), over: 'x', concurrency: 64 };

  it('has at most 64 calls under way, through pipelines inside too', async () => {
    const { model, counts } = countingModel();
    const inner = { ...document(stage(parts)), pipeline: 'inner' };
    const nested = stage({ each: { pipeline: 'inner' }, over: 'x', size: 20, concurrency: 64 });
    const response = await run(nested, { a: model }, { inputs: [ones(200)] }, {}, { others: [inner] });
    assert.deepEqual([yOf(response).length, counts], [200, { open: 0, most: 64 }]);
  });

  it('is at most 4,096 calls', async () => {
    let asked = 0;
    const model: Infer = (request, context) => {
      asked++;
      return plus(0)(request, context);
    };
    const members = (count: number) => ({
      ensemble: Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, step('a')])),
      combine: { mean: 'y' },
    });
    const body = (count: number) => stage({ each: members(count), over: 'x' });
    await run(body(4), { a: model }, { inputs: [ones(1024)] });
    assert.equal(asked, 4_096);
    await assert.rejects(run(body(5), { a: model }, { inputs: [ones(1024)] }), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'TOO_MANY_CALLS',
    });
    assert.equal(asked, 2 * 4_096);
  });
});

describe('a caller that demands so many members', () => {
  const body = stage({ ensemble: { a: step('a'), b: step('b'), c: step('c') }, combine: { mean: 'y' }, quorum: 1 });
  const demanding = (text: string) => ({ metadata: { 'x-ensemble-min-members': text } });
  const models = { a: plus(0), b: plus(2), c: failing() };

  it('gets an answer of as many, and else none', async () => {
    assert.deepEqual(yOf(await run(body, models, demanding('2'))), [2, 3]);
    await assert.rejects(run(body, models, demanding('3')), {
      code: 'UNAVAILABLE',
      reason: 'QUORUM_NOT_MET',
      message: /^stage s: want 3 members to answer, got \d; failed: c \(UNAVAILABLE\)/,
    });
    await assert.rejects(run(body, models, demanding('32')), { message: /want 32 members/ });
  });

  it('waits past a soft time-out for as many', async () => {
    const soft = stage({
      ensemble: { a: step('a'), b: { model: 'b', softTimeout: '20ms' } },
      combine: { mean: 'y' },
      quorum: 1,
    });
    assert.deepEqual(yOf(await run(soft, { a: plus(0), b: plus(2, 100) }, demanding('2'))), [2, 3]);
  });

  it('has one answer of a race, which nobody else is missing from', async () => {
    const race = stage({ ensemble: { a: step('a'), b: step('b') }, combine: { first: 'y' } });
    assert.deepEqual(yOf(await run(race, { a: plus(0), b: plus(2, 9) }, demanding('2'))), [1, 2]);
  });

  for (const text of ['0', '33', '-1', '2.5', 'two', ''])
    it(`is refused when it demands "${text}"`, async () => {
      await assert.rejects(run(body, models, demanding(text)), {
        code: 'INVALID_ARGUMENT',
        reason: 'METADATA_INVALID',
      });
    });
});
