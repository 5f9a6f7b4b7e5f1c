import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Infer, InferError } from '@sheaf/inference';
import { computing, failing, fp32, plus, run, stage, step, yOf } from './fake-models.ts';
import { type buildPipeline, FakeClock } from './test-pipeline.ts';

describe('an ensemble', () => {
  const of = (members: object, combine: object, more: object = {}) => stage({ ensemble: members, combine, ...more });
  const told = (response: Awaited<ReturnType<ReturnType<typeof buildPipeline>>>) =>
    JSON.parse(String(response.parameters.get('sheaf_ensembles'))).s;

  it('weighs by the context, and says with what', async () => {
    const weight = 'context.channel == "phone" ? 3.0 : 1.0';
    const body = of({ a: step('a'), b: { model: 'b', weight } }, { 'weighted-mean': 'y' });
    const context = { context: { channel: { metadata: 'x-channel', default: 'web' } } };
    const models = { a: plus(0), b: plus(4) };
    const web = await run(body, models, {}, context);
    assert.deepEqual(yOf(web), [3, 4]);
    const phone = await run(body, models, { metadata: { 'x-channel': 'phone' } }, context);
    assert.deepEqual(yOf(phone), [4, 5]);
    assert.deepEqual(told(phone), { used: { a: 1, b: 3 }, missing: {} });
    assert.equal(phone.parameters.has('sheaf_degraded'), false);
  });

  for (const [why, weight] of [
    ['fails', '[1.0][int(context.n)]'],
    ['is negative', '0.0 - 1.0'],
    ['is NaN', 'mean([])'.replace('[]', '[1.0].filter(v, v > 2.0)')],
    ['is infinite', '1.0 / 0.0'],
  ] as const) {
    it(`takes a weight of 1 where the expression ${why}, and marks it`, async () => {
      const body = of({ a: step('a'), b: { model: 'b', weight } }, { 'weighted-mean': 'y' });
      const context = { context: { n: { parameter: 'n', default: 7 } } };
      const response = await run(body, { a: plus(0), b: plus(4) }, {}, context);
      assert.deepEqual(yOf(response), [3, 4]);
      assert.equal(response.parameters.get('sheaf_unevaluated'), 's.b.weight');
    });
  }

  it('does not ask a member of weight 0', async () => {
    const body = of({ a: step('a'), b: { model: 'b', weight: 0 } }, { 'weighted-mean': 'y' });
    const response = await run(body, { a: plus(1) });
    assert.deepEqual(told(response), { used: { a: 1 }, missing: {} });
  });

  it('answers without an optional member, and says so', async () => {
    const body = of({ a: step('a'), b: { model: 'b', optional: true } }, { mean: 'y' });
    const response = await run(body, { a: plus(1), b: failing('INTERNAL') });
    assert.deepEqual(yOf(response), [2, 3]);
    assert.equal(response.parameters.get('sheaf_degraded'), true);
    assert.deepEqual(told(response), { used: { a: 1 }, missing: { b: 'INTERNAL' } });
    assert.equal(response.parameters.get('sheaf_versions'), 's.a=a/1');
  });

  it('ends at once when a required member fails, and cancels the others', async () => {
    const aborted: (() => boolean)[] = [];
    const slow = computing(
      (value) => value,
      500,
      (isAborted) => aborted.push(isAborted),
    );
    const body = of({ a: step('a'), slow: step('slow') }, { mean: 'y' });
    const clock = new FakeClock();
    await assert.rejects(run(body, { a: failing(), slow }, {}, {}, { clock }), {
      code: 'UNAVAILABLE',
      message: 'stage s: member a: no',
    });
    assert.ok(clock.now() < 500);
    assert.deepEqual(
      aborted.map((isAborted) => isAborted()),
      [true],
    );
  });

  it('refuses when the quorum cannot be met any more, naming who failed', async () => {
    const body = of({ a: step('a'), b: step('b'), c: step('c') }, { mean: 'y' }, { quorum: 2 });
    await assert.rejects(run(body, { a: plus(1), b: failing(), c: failing('INTERNAL') }), (error) => {
      assert.ok(error instanceof InferError);
      assert.equal(error.code, 'UNAVAILABLE');
      assert.equal(error.reason, 'QUORUM_NOT_MET');
      assert.equal(error.message, 'stage s: want 2 members to answer, got 1; failed: b (UNAVAILABLE), c (INTERNAL)');
      return true;
    });
    const two = await run(body, { a: plus(1), b: plus(3), c: failing() });
    assert.deepEqual(yOf(two), [3, 4]);
  });

  it('counts a quorum by weight', async () => {
    const members = { a: { model: 'a', weight: 2 }, b: step('b'), c: step('c') };
    const body = of(members, { 'weighted-mean': 'y' }, { quorum: { weight: 2 } });
    assert.deepEqual(yOf(await run(body, { a: plus(0), b: failing(), c: failing() })), [1, 2]);
    await assert.rejects(run(body, { a: failing(), b: plus(0), c: failing() }), { reason: 'QUORUM_NOT_MET' });
  });

  it('waits past a soft time-out only while the quorum needs it', async () => {
    const members = { a: step('a'), slow: { model: 'slow', softTimeout: '20ms' } };
    const clock = new FakeClock();
    const enough = await run(
      of(members, { mean: 'y' }, { quorum: 1 }),
      { a: plus(1), slow: plus(3, 300) },
      {},
      {},
      { clock },
    );
    assert.deepEqual([yOf(enough), clock.now()], [[2, 3], 20]);
    assert.deepEqual(told(enough), { used: { a: 1 }, missing: { slow: 'DEADLINE_EXCEEDED' } });
    const needed = new FakeClock();
    const both = await run(
      of(members, { mean: 'y' }, { quorum: 2 }),
      { a: plus(1), slow: plus(3, 300) },
      {},
      {},
      { clock: needed },
    );
    assert.deepEqual([yOf(both), needed.now()], [[3, 4], 300]);
  });

  it('takes a NaN, and a shape unlike the others, as that member failing', async () => {
    const odd: Infer = async ({ model }) => ({
      model,
      version: '1',
      parameters: new Map(),
      outputs: [fp32('y', 1, 2, 3)],
    });
    const body = of({ a: step('a'), b: step('b'), c: step('c'), d: step('d') }, { mean: 'y' }, { quorum: 2 });
    const response = await run(body, { a: plus(0), b: computing(() => Number.NaN), c: odd, d: plus(2) });
    assert.deepEqual(yOf(response), [2, 3]);
    assert.deepEqual(told(response), { used: { a: 1, d: 1 }, missing: { b: 'INTERNAL', c: 'INTERNAL' } });
  });

  it('takes the first good answer and cancels the rest', async () => {
    const aborted: (() => boolean)[] = [];
    const slow = computing(
      (value) => value,
      500,
      (isAborted) => aborted.push(isAborted),
    );
    const body = of({ a: step('a'), b: step('b'), slow: step('slow') }, { first: 'y' });
    const response = await run(body, { a: failing(), b: plus(7, 10), slow });
    assert.deepEqual(yOf(response), [8, 9]);
    assert.equal(response.parameters.get('sheaf_versions'), 's.b=b/1');
    assert.deepEqual(
      aborted.map((isAborted) => isAborted()),
      [true],
    );
  });

  it('lets a meta-model read all members side by side', async () => {
    const body = of({ b: step('b'), a: step('a') }, { stack: 'y', model: 'meta' });
    const response = await run(body, { a: plus(10), b: plus(20), meta: computing((value) => value * 2) });
    assert.deepEqual(yOf(response), [22, 24, 42, 44]);
    assert.equal(response.parameters.get('sheaf_versions'), 's.a=a/1, s.b=b/1, s.stack=meta/1');
  });

  it('gives one answer in whatever order its members are written', async () => {
    const models = { a: plus(0.1), b: plus(0.2), c: plus(0.3) };
    const forward = await run(of({ a: step('a'), b: step('b'), c: step('c') }, { mean: 'y' }), models);
    const backward = await run(of({ c: step('c'), b: step('b'), a: step('a') }, { mean: 'y' }), models);
    assert.deepEqual(forward.outputs, backward.outputs);
    assert.deepEqual(forward.parameters, backward.parameters);
  });

  it('may have any step as a member', async () => {
    const body = of({ a: step('a'), either: { fallback: [step('b'), step('c')] } }, { mean: 'y' });
    const response = await run(body, { a: plus(0), b: failing(), c: plus(2) });
    assert.deepEqual(yOf(response), [2, 3]);
    assert.equal(response.parameters.get('sheaf_fallbacks'), '{"s.either":["UNAVAILABLE"]}');
  });
});
