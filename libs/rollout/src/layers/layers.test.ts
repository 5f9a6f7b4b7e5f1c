import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CallCanceller,
  type CallContext,
  type Infer,
  InferError,
  type InferRequest,
  Journal,
  monotonicClock,
  type Principal,
  tensorOfNumbers,
} from '@sheaf/inference';
import { noArm, noEvidence } from '../evidence.ts';
import { countMs } from '../histogram.ts';
import { shadow } from '../testing/test-rollout.ts';
import type { ShadowTraffic, Traffic } from '../traffic.ts';
import { type CopiesPorts, type CopyTold, createCopies } from './copies.ts';
import { shareTraffic } from './share-traffic.ts';

const acme: Principal = {
  id: 'key:1',
  tenant: 'acme',
  roles: ['infer'],
  models: ['*'],
  priority: 'critical',
  claims: {},
};

function contextOf(given: Partial<CallContext> = {}): CallContext {
  const journal = new Journal();
  return {
    deadline: monotonicClock.now() + 10_000,
    signal: new CallCanceller(),
    clock: monotonicClock,
    snapshot: { epoch: 3 },
    journal,
    span: journal.start('request', 'test', undefined),
    principal: acme,
    ...given,
  };
}

const requestOf = (given: Partial<InferRequest> = {}): InferRequest => ({
  model: 'digits',
  version: '',
  id: '',
  parameters: new Map(),
  inputs: [tensorOfNumbers('x', 'FP32', [1], [5])],
  outputs: [],
  ...given,
});

interface Asked {
  readonly request: InferRequest;
  readonly context: CallContext;
}

/** Versions 1 and 2; each answers with its version, and keeps what it was asked. */
function models(answers: Readonly<Record<string, () => number | Promise<number>>> = {}) {
  const asked: Asked[] = [];
  const infer: Infer = async (request, context) => {
    asked.push({ request, context });
    const version = request.version || 'newest';
    const value = await (answers[version] ?? (() => 0))();
    const outputs = [tensorOfNumbers('y', 'FP32', [1], [value])];
    return { model: request.model, version, parameters: new Map(), outputs };
  };
  return { asked, infer, versions: () => asked.map(({ request }) => request.version) };
}

const trafficOf = (given: Partial<Traffic> = {}): Traffic => ({
  salt: 'r1',
  sticky: { kind: 'tenant' },
  champion: '1',
  percent: 100,
  arms: [{ version: '2', weight: 1 }],
  dropped: [],
  shadows: [],
  evidence: noEvidence(),
  ...given,
});

const shadowed = (given: Partial<ShadowTraffic> = {}, traffic: Partial<Traffic> = {}): Traffic =>
  trafficOf({ percent: 0, arms: [], shadows: [{ ...shadow, version: '2', ...given }], ...traffic });

/** A layer over `below`; copies run when `runCopies` is called. */
function setUp(
  traffic: Traffic,
  below: ReturnType<typeof models>,
  given: Partial<CopiesPorts> = {},
  ready = ['1', '2'],
) {
  const waiting: (() => void)[] = [];
  const told: CopyTold[] = [];
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const copies = createCopies({
    infer: below.infer,
    clock: monotonicClock,
    isBusy: () => false,
    deadlineMs: () => 1_000,
    onCopy: (one) => {
      told.push(one);
      resolve();
    },
    later: (task) => void waiting.push(task),
    ...given,
  });
  const layer = shareTraffic({
    trafficOf: (name) => (name === 'digits' ? traffic : undefined),
    isReady: (_, version) => ready.includes(version),
    takes: ({ inputs }) => inputs[0]?.datatype === 'FP32',
    copies,
  });
  const runCopies = (): void => {
    for (const task of waiting.splice(0)) task();
  };
  return { infer: layer(below.infer), told, first, waiting, runCopies };
}

describe('the layer that shares calls out', () => {
  it('gives a call without a version that of its share, and leaves others as they are', async () => {
    const below = models();
    const { infer } = setUp(trafficOf(), below);
    await infer(requestOf(), contextOf());
    await infer(requestOf({ version: '1' }), contextOf());
    await infer(requestOf({ model: 'other' }), contextOf());
    assert.deepEqual(below.versions(), ['2', '1', '']);
  });

  it('asks the champion where the version of the share is not there', async () => {
    const below = models();
    await setUp(trafficOf(), below, {}, ['1']).infer(requestOf(), contextOf());
    await setUp(trafficOf(), below, {}, []).infer(requestOf(), contextOf());
    assert.deepEqual(below.versions(), ['1', '']);
  });

  it('keeps callers with the same key together', async () => {
    for (const [sticky, contexts] of [
      [{ kind: 'tenant' }, (n: number) => ({ principal: { ...acme, tenant: `t${n}` } })],
      [{ kind: 'key' }, (n: number) => ({ principal: { ...acme, id: `key:${n}` } })],
      [{ kind: 'metadata', key: 'x-user' }, (n: number) => ({ metadata: () => `u${n}` })],
    ] as const) {
      const below = models();
      const { infer } = setUp(trafficOf({ sticky, percent: 50 }), below);
      for (let call = 0; call < 80; call++) await infer(requestOf(), contextOf(contexts(call % 40)));
      assert.deepEqual(below.versions().slice(40), below.versions().slice(0, 40));
      assert.deepEqual([...new Set(below.versions())].sort(), ['1', '2']);
    }
  });

  it('counts how calls end: answered, failed, refused by a rule, and left by their callers', async () => {
    const ends = [
      () => 1,
      () => Promise.reject(new InferError('INTERNAL', 'no')),
      () => Promise.reject(new InferError('INVALID_ARGUMENT', 'no', { decision: 'rule:closed' })),
      () => Promise.reject(new InferError('CANCELLED', 'gone')),
    ];
    const traffic = trafficOf();
    const { infer } = setUp(traffic, models({ 2: () => (ends.shift() ?? (() => 0))() }));
    for (let call = 0; call < 4; call++) await infer(requestOf(), contextOf()).catch(() => {});
    const { calls, failed, ruled, latency } = traffic.evidence.arms['2'] ?? {};
    assert.deepEqual([calls, failed, ruled, latency?.reduce((a, b) => a + b)], [3, 1, 1, 1]);
  });

  it('counts for no version what the champion would not have answered either', async () => {
    const traffic = trafficOf();
    const fail = (code: 'INVALID_ARGUMENT' | 'DEADLINE_EXCEEDED') =>
      setUp(traffic, models({ 2: () => Promise.reject(new InferError(code, 'no')) })).infer;
    const misfit = requestOf({ inputs: [tensorOfNumbers('x', 'INT32', [1], [5])] });
    const hasty = () => contextOf({ deadline: monotonicClock.now() + 5 });
    const counted = () => traffic.evidence.arms['2']?.failed ?? 0;
    await fail('INVALID_ARGUMENT')(misfit, contextOf()).catch(() => {});
    assert.equal(counted(), 0, 'the champion takes it as little');
    await fail('INVALID_ARGUMENT')(requestOf(), contextOf()).catch(() => {});
    assert.equal(counted(), 1, 'the champion would take it');
    await fail('DEADLINE_EXCEEDED')(requestOf(), hasty()).catch(() => {});
    assert.equal(counted(), 2, 'nobody knows how long the champion takes');
    traffic.evidence.arms['1'] = { ...noArm(), calls: 20 };
    for (let call = 0; call < 20; call++) countMs(traffic.evidence.arms['1'].latency, 50);
    await fail('DEADLINE_EXCEEDED')(requestOf(), hasty()).catch(() => {});
    assert.equal(counted(), 2, 'the champion takes longer too');
    await fail('DEADLINE_EXCEEDED')(requestOf(), contextOf()).catch(() => {});
    assert.equal(counted(), 3, 'the champion would have been in time');
  });
});

describe('a copy', () => {
  it('is made when the caller has its answer, of its own time, priority and journal, and compared', async () => {
    const below = models({ 1: () => 5, 2: () => 5 });
    const traffic = shadowed();
    const { infer, first, told, waiting, runCopies } = setUp(traffic, below);
    const context = contextOf();
    const response = await infer(requestOf(), context);
    assert.deepEqual([response.version, below.versions(), waiting.length], ['1', ['1'], 1]);
    runCopies();
    await first;
    const copy = below.asked[1];
    assert.ok(copy);
    assert.deepEqual(
      [copy.request.version, copy.context.priority, copy.context.snapshot],
      ['2', 'sheddable', context.snapshot],
    );
    assert.notEqual(copy.context.journal, context.journal);
    assert.notEqual(copy.context.signal, context.signal);
    assert.deepEqual([copy.context.principal, copy.context.bytes], [{ ...acme, id: 'shadow' }, undefined]);
    assert.equal(told[0]?.result, 'agreed');
    const { compared, agreed, outputs } = traffic.evidence.shadows['2'] ?? {};
    assert.deepEqual([compared, agreed, outputs?.['y']?.differences], [1, 1, [1]]);
  });

  it('goes on when the caller has left', async () => {
    const below = models();
    const { infer, first, told, runCopies } = setUp(shadowed(), below);
    const signal = new CallCanceller();
    await infer(requestOf(), contextOf({ signal }));
    signal.abort();
    runCopies();
    await first;
    assert.deepEqual([told[0]?.result, below.asked[1]?.context.signal.aborted], ['agreed', false]);
  });

  it('is not made while all places are taken, nor while the mesh is busy; that is counted', async () => {
    const gate = Promise.withResolvers<number>();
    const below = models({ 2: () => gate.promise });
    const traffic = shadowed({ callsInFlightMax: 2 });
    let isBusy = false;
    const { infer, told, runCopies } = setUp(traffic, below, { isBusy: () => isBusy });
    for (let call = 0; call < 3; call++) await infer(requestOf(), contextOf());
    runCopies();
    assert.deepEqual(below.versions(), ['1', '1', '1', '2', '2']);
    assert.deepEqual(
      told.map(({ result }) => result),
      ['skipped'],
    );
    gate.resolve(0);
    while (told.length < 3) await new Promise(setImmediate);
    isBusy = true;
    await infer(requestOf(), contextOf());
    runCopies();
    assert.equal(traffic.evidence.shadows['2']?.skipped, 2);
  });

  it('that fails, hangs or throws is nothing to the caller', async () => {
    const traffic = shadowed();
    const { infer, first, runCopies } = setUp(traffic, models({ 2: () => Promise.reject(new Error('broken')) }));
    const response = await infer(requestOf(), contextOf());
    runCopies();
    await first;
    assert.equal(response.version, '1');
    assert.equal(traffic.evidence.shadows['2']?.failed, 1);
  });

  it('is skipped, and not failed, where there was no room for it', async () => {
    const traffic = shadowed();
    const full = (): never => {
      throw new InferError('UNAVAILABLE', 'full', { reason: 'OVERLOADED' });
    };
    const { infer, first, runCopies } = setUp(traffic, models({ 2: full }));
    await infer(requestOf(), contextOf());
    runCopies();
    await first;
    const { skipped, compared } = traffic.evidence.shadows['2'] ?? {};
    assert.deepEqual([skipped, compared], [1, 0]);
  });

  it('keeps the worst disagreements where that is allowed, and else none', async () => {
    for (const keepExamples of [true, false]) {
      const values = [5, 1, 9, 2, 8, 3, 7];
      const traffic = shadowed({ keepExamples });
      const { infer, told, runCopies } = setUp(traffic, models({ 2: () => values.shift() ?? 0 }));
      for (let call = 0; call < 7; call++) {
        await infer(requestOf(), contextOf());
        runCopies();
        while (told.length <= call) await new Promise(setImmediate);
      }
      const kept = traffic.evidence.shadows['2']?.examples.map((example) => example.shadow[0]?.values[0]);
      assert.deepEqual(kept, keepExamples ? [9, 8, 7, 5, 3] : []);
    }
  });

  it('is made of as many calls as the plan says', async () => {
    const below = models();
    const random = [0.05, 0.5];
    const { infer, waiting } = setUp(shadowed({ percent: 10 }), below, { random: () => random.shift() ?? 1 });
    await infer(requestOf(), contextOf());
    await infer(requestOf(), contextOf());
    assert.equal(waiting.length, 1);
  });
});
