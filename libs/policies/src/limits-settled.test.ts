import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CallContext, InferError, type InferErrorCode, journalEntriesMax, tensorOf } from '@sheaf/inference';
import type { Limiter } from '@sheaf/limiter';
import { compileLimits } from './compiled-limit.ts';
import type { Plans } from './limit-cost.ts';
import { enforceLimits } from './limits.ts';
import { contextOf, fakeLimiter, policiesOf, recorder, requestOf } from './testing/test-call.ts';

const plans: Plans = { callsOf: (model) => [model], usualMs: (_, rows) => 10 * rows };
const layerOf = (limits: readonly object[], limiter: Limiter) =>
  enforceLimits(compileLimits(policiesOf({ limits }).limits, 1), limiter, plans);

/** A model call of so many rows that was made and took so long; undefined: whoever was asked went away with it. */
const make =
  (ms: number | undefined, times = 1, rows = 2, isWaived = false) =>
  ({ journal }: CallContext): void => {
    for (let n = 0; n < times; n++)
      Object.assign(journal.charge([tensorOf('x', 'FP32', [rows, 1], new Float32Array(rows))]), { ms, isWaived });
  };

describe('what is settled after a call', () => {
  const limits = [
    { name: 'cost', quota: '1000/day', cost: 'ms', settle: 0.5 },
    { name: 'exact', quota: '1000/day', cost: 'ms', settle: 0 },
    { name: 'plain', rate: '10/s' },
    { name: 'c', concurrent: 5 },
  ];
  async function settledBy(act: (context: CallContext) => void): Promise<readonly number[] | undefined> {
    const { limiter, settled } = fakeLimiter();
    const infer = layerOf(limits, limiter)(recorder({ m: act }).infer);
    await infer(requestOf('m'), contextOf().context).catch(() => {});
    assert.equal(settled.length, 1, 'once, whatever becomes of the call');
    return settled[0];
  }
  const fail = (code: InferErrorCode): never => {
    throw new InferError(code, 'it failed');
  };

  it('is what the calls that were made took, within the bounds of the limit', async () => {
    // Before the call it was 20.
    assert.deepEqual(await settledBy(make(25)), [25, 20, 1, 1]);
    assert.deepEqual(await settledBy(make(15)), [15, 20, 1, 1]);
    assert.deepEqual(await settledBy(make(10)), [10, 20, 1, 1]);
    assert.deepEqual(await settledBy(make(9)), [10, 20, 1, 1]);
    assert.deepEqual(await settledBy(make(30)), [30, 20, 1, 1]);
    assert.deepEqual(await settledBy(make(31)), [30, 20, 1, 1]);
  });

  it('is what was planned, of a call that is submitted: it is run when nobody can be charged for it', async () => {
    const { limiter, settled } = fakeLimiter();
    const infer = layerOf(
      [...limits, { name: 'free', quota: '1000/day', cost: 'ms', settle: 1 }],
      limiter,
    )(recorder().infer);
    await infer(requestOf('m'), { ...contextOf().context, submission: {} });
    assert.deepEqual(settled, [[20, 20, 1, 1, 20]]);
  });

  it('is all that was made where that is more calls than were planned, whatever the bounds', async () => {
    assert.deepEqual(await settledBy(make(9, 3)), [27, 27, 1, 1]);
    assert.deepEqual(await settledBy(make(9, 1_024)), [9_216, 9_216, 1, 1]);
    assert.deepEqual(await settledBy(make(1, 2)), [10, 20, 1, 1], 'no less than the least');
  });

  it('is all of them where there are more than a trace keeps', async () => {
    const calls = 4 * journalEntriesMax;
    const fillTrace = ({ journal, span }: CallContext): void => {
      for (let n = 0; n < calls; n++) journal.end(journal.start('try', 's', span));
    };
    const settled = await settledBy((context) => {
      fillTrace(context);
      make(9, calls)(context);
      assert.ok(context.journal.dropped > 0);
    });
    assert.deepEqual(settled, [9 * calls, 9 * calls, 1, 1]);
  });

  it('goes by what each of the calls was asked, as the parts of a whole are', async () => {
    const { limiter, settled } = fakeLimiter();
    const parts = [{ name: 'parts', quota: '9000/day', cost: 'rows + 10.0', settle: 0 }];
    await layerOf(parts, limiter)(recorder({ m: make(5, 100, 1) }).infer)(requestOf('m'), contextOf().context);
    assert.deepEqual(settled, [[1_100]]);
  });

  it('is at least the least for a call that failed', async () => {
    assert.deepEqual(await settledBy(() => fail('INTERNAL')), [10, 20, 1, 1]);
  });

  it('is nothing but one of each rate for a call that ran nothing', async () => {
    for (const code of ['UNAVAILABLE', 'INVALID_ARGUMENT', 'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED'] as const)
      assert.deepEqual(await settledBy(() => fail(code)), [0, 0, 1, 0], code);
    const untouched = (context: CallContext): void => {
      make(5, 1, 2, true)(context);
      fail('UNAVAILABLE');
    };
    assert.deepEqual(await settledBy(untouched), [0, 0, 1, 0]);
  });

  it('is what it took for a call that ran and was refused after that, and the least where that is not known', async () => {
    for (const code of ['UNAVAILABLE', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED'] as const) {
      const ran = (ms: number | undefined) => (context: CallContext) => {
        make(ms)(context);
        fail(code);
      };
      assert.deepEqual(await settledBy(ran(25)), [25, 20, 1, 1], code);
      assert.deepEqual(await settledBy(ran(undefined)), [10, 20, 1, 1], code);
    }
  });

  it('keeps one of a rate by cost too, or what it cost where that is less', async () => {
    const { limiter, settled } = fakeLimiter();
    const rates = [
      { name: 'much', rate: '100/s', cost: 'ms' },
      { name: 'little', rate: '100/s', cost: '0.25' },
    ];
    const refuse = recorder({ m: () => fail('INVALID_ARGUMENT') });
    await layerOf(rates, limiter)(refuse.infer)(requestOf('m'), contextOf().context).catch(() => {});
    assert.deepEqual(settled, [[1, 0.25]]);
  });

  it('is one of a rate for a plan', async () => {
    const { limiter, settled } = fakeLimiter();
    const request = requestOf('m', { parameters: new Map([['sheaf_plan', true]]) });
    await layerOf(limits, limiter)(recorder().infer)(request, contextOf().context);
    assert.deepEqual(settled, [[0, 0, 1, 0]]);
  });

  it('of a rate leaves one for the whole request, whatever its fallback asks after', async () => {
    const { limiter, taken } = fakeLimiter();
    const { context } = contextOf();
    const rates = [
      { name: 'plain', rate: '10/s' },
      { name: 'own', rate: '10/s', per: ['model'] },
      { name: 'much', rate: '100/s', cost: 'ms' },
    ];
    const layer = layerOf(rates, limiter);
    await layer(recorder({ m: () => fail('UNAVAILABLE') }).infer)(requestOf('m'), context).catch(() => {});
    await layer(recorder().infer)(requestOf('other'), context);
    const costs = taken.map((takes) => takes.map((take) => take.kind === 'rate' && take.cost));
    assert.deepEqual(costs, [
      [1, 1, 20],
      [0, 1, 19],
    ]);
  });

  it('does not count the calls of those who were asked before', async () => {
    const { limiter, settled } = fakeLimiter();
    const { context } = contextOf();
    make(30)(context);
    await layerOf(limits, limiter)(recorder({ m: make(12) }).infer)(requestOf('m'), context);
    assert.equal(settled[0]?.[0], 12);
  });
});
