import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Infer, InferError, type Signature, type Tensor, tensorOf } from '@sheaf/inference';
import { computing, failing, fp32, plus, run, stage, step, unary, yOf } from '../testing/fake-models.ts';
import { type buildPipeline, FakeClock } from '../testing/test-pipeline.ts';

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
    ['is beyond a million', '1000000.5'],
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

  it('counts a quorum by weight alike, in whatever order its members answer', async () => {
    const members = { a: { model: 'a', weight: 0.1 }, b: { model: 'b', weight: 0.2 }, c: { model: 'c', weight: 0.7 } };
    const body = of(members, { 'weighted-mean': 'y' }, { quorum: { weight: 1 } });
    const delays = [1, 2, 3];
    for (const [a = 0, b = 0, c = 0] of [delays, delays.toReversed(), [2, 3, 1]])
      assert.deepEqual(yOf(await run(body, { a: plus(1, a), b: plus(1, b), c: plus(1, c) })), [2, 3]);
  });

  it('takes an answer that is not what the signature says as that member failing', async () => {
    const giving =
      (tensor: Tensor): Infer =>
      async ({ model }) => ({ model, version: '1', parameters: new Map(), outputs: [tensor] });
    const long = giving(fp32('y', ...new Array(10).fill(0)));
    const whole = giving(tensorOf('y', 'INT32', [2], Int32Array.of(7, 7)));
    for (const odd of [long, whole]) {
      const pair = await run(of({ a: step('a'), b: step('b') }, { mean: 'y' }, { quorum: 1 }), { a: plus(0), b: odd });
      assert.deepEqual([yOf(pair), told(pair).missing], [[1, 2], { b: 'INTERNAL' }]);
      const race = await run(of({ a: step('a'), b: step('b') }, { first: 'y' }), { a: plus(0, 10), b: odd });
      assert.deepEqual(yOf(race), [1, 2]);
      await assert.rejects(run(of({ b: step('b') }, { mean: 'y' }), { b: odd }), { reason: 'MEMBER_MISMATCH' });
    }
  });

  it('believes nobody where as many members give one shape as another', async () => {
    const open: Signature = { inputs: unary.inputs, outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }] };
    const giving = (length: number) => async () => ({
      model: 'm',
      version: '1',
      parameters: new Map(),
      outputs: [fp32('y', ...new Array(length).fill(1))],
    });
    const body = (members: object) => of(members, { mean: 'y' }, { quorum: 1 });
    const options = { signatures: { a: open, b: open, c: open } };
    const models = { a: giving(2), b: giving(3), c: giving(3) };
    await assert.rejects(run(body({ a: step('a'), b: step('b') }), models, {}, {}, options), {
      reason: 'QUORUM_NOT_MET',
    });
    const most = await run(body({ a: step('a'), b: step('b'), c: step('c') }), models, {}, {}, options);
    assert.deepEqual([yOf(most), told(most).missing], [[1, 1, 1], { a: 'INTERNAL' }]);
  });

  it('refuses when infinities of its members cancel out', async () => {
    const models = { a: computing(() => Number.POSITIVE_INFINITY), b: computing(() => Number.NEGATIVE_INFINITY) };
    await assert.rejects(run(of({ a: step('a'), b: step('b') }, { mean: 'y' }), models), {
      code: 'INTERNAL',
      reason: 'COMBINED_NAN',
      message: 'stage s: the members\' answers, combined: "y" has a NaN',
    });
  });

  it('takes a NaN of any datatype as that member failing', async () => {
    for (const [datatype, nan, one] of [
      ['FP16', 0xfe01, 0x3c00],
      ['BF16', 0x7fc0, 0x3f80],
    ] as const) {
      const half: Signature = { inputs: unary.inputs, outputs: [{ name: 'y', datatype, shape: [1] }] };
      const giving =
        (bits: number, delayMs: number): Infer =>
        async (request, context) => {
          const { model } = await plus(0, delayMs)(request, context);
          return {
            model,
            version: '1',
            parameters: new Map(),
            outputs: [tensorOf('y', datatype, [1], Uint16Array.of(bits))],
          };
        };
      const options = { signatures: { a: half, b: half } };
      const race = await run(
        of({ a: step('a'), b: step('b') }, { first: 'y' }),
        { a: giving(nan, 0), b: giving(one, 9) },
        {},
        {},
        options,
      );
      assert.deepEqual(told(race).used, { b: 1 });
    }
  });

  it('weighs by the smallest and the largest weights that there are', async () => {
    for (const weight of [5e-324, 1e6]) {
      const body = of({ a: { model: 'a', weight }, b: { model: 'b', weight } }, { 'weighted-mean': 'y' });
      assert.deepEqual(yOf(await run(body, { a: plus(0.5), b: plus(0.5) })), [1.5, 2.5]);
    }
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
