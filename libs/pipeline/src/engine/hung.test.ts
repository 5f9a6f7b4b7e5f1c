import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Infer, Journal } from '@sheaf/inference';
import { failing, fp32, plus, run, signatures, stage, step, yOf } from '../testing/fake-models.ts';
import { buildPipeline, FakeClock, turn } from '../testing/test-pipeline.ts';

/** Answers never, and does not hear its signal. */
const hung: Infer = () => new Promise(() => {});
const ensemble = (members: object, more: object) => stage({ ensemble: members, combine: { mean: 'y' }, ...more });

describe('what hangs and can be done without', () => {
  it('is missing from an ensemble that has its quorum, and the answer is in time', async () => {
    const clock = new FakeClock();
    const body = ensemble({ a: step('a'), b: step('b'), c: step('c') }, { quorum: 2 });
    const response = await run(body, { a: plus(0), b: plus(2), c: hung }, {}, {}, { clock });
    assert.deepEqual([yOf(response), clock.now(), clock.timers], [[2, 3], 950, 0]);
    assert.equal(response.parameters.get('sheaf_degraded'), true);
    const [told] = Object.values(JSON.parse(String(response.parameters.get('sheaf_ensembles')))) as [object];
    assert.deepEqual(told, { used: { a: 1, b: 1 }, missing: { c: 'DEADLINE_EXCEEDED' } });
  });

  it('is missing when it is an optional member without a quorum', async () => {
    const body = ensemble({ a: step('a'), b: { model: 'b', optional: true } }, {});
    assert.deepEqual(yOf(await run(body, { a: plus(0), b: hung })), [1, 2]);
  });

  it('is absent when it is an optional stage, and those that wait for it still run', async () => {
    const clock = new FakeClock();
    const stages = {
      maybe: { model: 'b', inputs: { x: 'x' }, optional: true },
      s: {
        fallback: [
          { model: 'b', inputs: { x: 'maybe.y?' } },
          { model: 'a', inputs: { x: 'x' } },
        ],
      },
    };
    const lenient = {
      ...signatures,
      b: { ...signatures['b'], inputs: [{ ...fp32('x'), shape: [-1], optional: true }] },
    };
    const models = { a: plus(1), b: ((r, c) => (r.inputs.length === 0 ? failing()(r, c) : hung(r, c))) as Infer };
    const response = await run(stages, models, {}, {}, { clock, signatures: lenient as typeof signatures });
    assert.deepEqual([yOf(response), clock.now()], [[2, 3], 950]);
    assert.equal(response.parameters.get('sheaf_failed'), '{"maybe":"DEADLINE_EXCEEDED"}');
  });

  it('leaves the next step of a fallback time enough, before anything is known of either', async () => {
    const clock = new FakeClock();
    const response = await run(
      stage({ fallback: [step('a'), step('b')] }),
      { a: hung, b: plus(1, 100) },
      {},
      {},
      { clock },
    );
    assert.deepEqual([yOf(response), clock.now()], [[2, 3], 900]);
    assert.equal(response.parameters.get('sheaf_fallbacks'), '{"s":["DEADLINE_EXCEEDED"]}');
  });

  it('never takes more than half of a short deadline', async () => {
    const clock = new FakeClock();
    const body = ensemble({ a: step('a'), b: { model: 'b', optional: true } }, {});
    await run(body, { a: plus(0), b: hung }, { deadline: 6 }, {}, { clock });
    assert.equal(clock.now(), 3);
  });
});

describe('a stack', () => {
  it('leaves its meta-model the time that it usually takes, and gives it a span', async () => {
    const given: number[] = [];
    const member: Infer = (request, context) => {
      given.push(context.deadline - context.clock.now());
      return plus(0)(request, context);
    };
    const body = stage({ ensemble: { a: step('a') }, combine: { stack: 'y', model: 'meta' } });
    const doc = {
      pipeline: 'p',
      inputs: { x: { datatype: 'FP32', shape: ['n'] } },
      stages: body,
      outputs: { y: 's.y' },
    };
    const call = buildPipeline(doc, { signatures, models: { a: member, meta: plus(0, 200) } });
    const journal = new Journal();
    for (let n = 0; n < 25; n++) await call({ inputs: [fp32('x', 1)], journal });
    assert.deepEqual([given[0], given.at(-1)], [950, 800]);
    assert.ok(journal.spans.some(({ kind, name }) => kind === 'stage' && name === 's.stack'));
  });
});

describe('a caller that leaves', () => {
  for (const [what, body] of [
    ['a stage', stage({ model: 'a' })],
    ['a stage with a time-out', stage({ model: 'a', timeout: '700ms' })],
    ['an ensemble', ensemble({ a: step('a'), b: { model: 'a', softTimeout: '300ms' } }, { quorum: 1 })],
    ['an optional stage', stage({ model: 'a', optional: true })],
  ] as const) {
    it(`is told so at once by ${what}, however deaf what is asked`, async () => {
      const clock = new FakeClock();
      const controller = new AbortController();
      const done = run(body, { a: hung }, { signal: controller.signal }, {}, { clock });
      clock.after(50, () => controller.abort());
      await assert.rejects(done, { code: 'CANCELLED' });
      await turn();
      assert.deepEqual([clock.now(), clock.timers], [50, 0]);
    });
  }
});
