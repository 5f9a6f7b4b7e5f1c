/** Services that answer, and fail, or are too slow for the caller. */
import { setTimeout } from 'node:timers/promises';
import { InferError } from '@sheaf/inference';
import { startFaultMesh } from './fault-mesh.ts';
import { ms, percent, quantile, seconds, seeded } from './figures.ts';
import { Lateness } from './lateness.ts';
import { brief, type FaultPlan, type FaultRow, type Measured } from './row.ts';
import { failedPart, failures, recoveredMs, runUnderFault, times } from './run.ts';
import { askStub, openStub, stubMesh, takes } from './stub.ts';

const ratePerSecond = 150;
const attemptsMax = 1.2;

/** Fails so many of each 20 calls, in an order that nobody foresees. */
function failing(part: number, random: () => number): () => Promise<void> {
  let block: boolean[] = [];
  return async () => {
    if (block.length === 0) block = Array.from({ length: 20 }, (_, index) => index < 20 * part);
    const [fails] = block.splice(Math.floor(random() * block.length), 1);
    await setTimeout(5);
    if (fails) throw new InferError('UNAVAILABLE', 'not now');
  };
}

/** `parts` are those of the calls that each replica fails. */
const refusing =
  (parts: readonly number[], answeredMin: number) =>
  async (plan: FaultPlan): Promise<Measured> => {
    const stubs = await Promise.all(parts.map(() => openStub()));
    await using cleanUp = new AsyncDisposableStack();
    for (const stub of stubs) cleanUp.use(stub);
    await using mesh = await startFaultMesh({ ...stubMesh(stubs), off: plan.off });
    const asked = (): number => stubs.reduce((sum, stub) => sum + stub.asked, 0);
    const random = seeded(plan.seed + 1);
    const run = await runUnderFault({
      plan: brief(plan),
      mesh,
      next: () => askStub(2_000),
      ratePerSecond,
      inject: () => {
        for (const [index, part] of parts.entries()) (stubs[index] as (typeof stubs)[0]).behave = failing(part, random);
      },
      // It stays as it is: the promise is about a fault that does not end.
      heal: () => {},
    });
    const calls = run.between(run.faultAt, Number.POSITIVE_INFINITY);
    // Of all calls: the budget looks back 10 s.
    const tries = asked() / run.record.operations.length;
    const answered = 1 - failedPart(calls);
    return run.measured(answered >= answeredMin && tries <= attemptsMax, [
      `${percent(answered, 2)} of ${calls.length} answered`,
      `${tries.toFixed(3)} tries a call`,
    ]);
  };

/** It fails late, so every call that is sent is a wait for nothing. */
async function sick(plan: FaultPlan): Promise<Measured> {
  const failsAfterMs = 300;
  // Half of the calls of the last 10 s have to have failed.
  const openedWithinMs = 7_000;
  await using stub = await openStub();
  await using mesh = await startFaultMesh({ ...stubMesh([stub]), off: plan.off });
  let askedBefore = 0;
  const run = await runUnderFault({
    plan: {
      ...plan,
      beforeMs: Math.max(plan.beforeMs, 5_000),
      duringMs: Math.max(plan.duringMs, openedWithinMs + 4_000),
    },
    mesh,
    next: () => askStub(2_000),
    ratePerSecond: 50,
    inject: async () => {
      stub.behave = async () => {
        await setTimeout(failsAfterMs);
        throw new InferError('DATA_LOSS', 'it is sick');
      };
      void setTimeout(openedWithinMs).then(() => (askedBefore = stub.asked));
    },
    heal: () => {
      askedBefore = stub.asked - askedBefore;
      stub.behave = takes(5);
    },
  });
  const calls = run.between(run.faultAt + openedWithinMs, run.healedAt);
  const sent = askedBefore / calls.length;
  const refusedMs = quantile(times(calls, 'fail'), 0.5);
  // A trial comes when the time of the last opening is up: at most half as long again as it was ill.
  const backMs = recoveredMs(run, run.healedAt, run.endedAt, (some) => failedPart(some) === 0);
  return run.measured(sent <= 0.1 && refusedMs <= 20, [
    `${percent(sent)} of the calls were sent from ${seconds(openedWithinMs)} on`,
    `half refused within ${ms(refusedMs)}`,
    `back ${seconds(backMs)} after it was well`,
  ]);
}

/** Half of the callers cannot be served in time. */
async function tooShort(plan: FaultPlan): Promise<Measured> {
  const usualMs = 150;
  const shortMs = 100;
  await using stub = await openStub(takes(usualMs));
  await using mesh = await startFaultMesh({ ...stubMesh([stub]), off: plan.off });
  using lateness = new Lateness(mesh.client);
  let askedBefore = 0;
  let hasBegun = false;
  const run = await runUnderFault({
    plan: brief(plan),
    mesh,
    // From the fault on.
    next: (random) => askStub(hasBegun && random() < 0.5 ? shortMs : 3_000),
    ratePerSecond: 60,
    inject: () => {
      askedBefore = stub.asked;
      hasBegun = true;
    },
  });
  const calls = run.between(run.faultAt, Number.POSITIVE_INFINITY);
  const short = calls.filter(({ timeoutMs }) => timeoutMs === shortMs);
  const long = calls.filter(({ timeoutMs }) => timeoutMs !== shortMs);
  const refused = short.filter(({ reason }) => reason === 'DEADLINE_TOO_SHORT');
  const refusedMs = quantile(times(refused, 'fail'), 0.9);
  const lateMs = lateness.p90(run.faultAt, run.endedAt);
  // Where even readiness takes longer than such a deadline, nobody can be refused before it.
  const refusable = short.length * (1 - lateness.partOver(shortMs, run.faultAt, run.endedAt));
  const needless = (stub.asked - askedBefore - long.length) / short.length;
  const isRefused = refused.length >= 0.95 * refusable && refusedMs <= 20 + lateMs;
  return run.measured(isRefused && failedPart(long) <= 0.001, [
    `${percent(refused.length / Math.max(1, short.length))} of ${short.length} refused at once, 90 % within ${ms(refusedMs)}, of readiness ${ms(lateMs)}`,
    `${percent(Math.max(0, needless))} of them were sent`,
    `of the others ${failures(long)}`,
  ]);
}

export const failureRows: readonly FaultRow[] = [
  {
    name: 'refusing-5-percent',
    fault: 'two replicas, 5 % random UNAVAILABLE',
    promise: 'at least 99.9 % answered, at most 1.2 tries a call',
    isShort: true,
    policy: 'retry',
    run: refusing([0.05, 0.05], 0.999),
  },
  {
    name: 'refusing-20-percent-of-one',
    fault: '20 % random UNAVAILABLE from one of two replicas',
    promise: 'at least 99.9 % answered, at most 1.2 tries a call',
    isShort: false,
    policy: 'retry',
    run: refusing([0.2, 0], 0.999),
  },
  {
    name: 'refusing-20-percent-of-all',
    fault: '20 % random UNAVAILABLE from the only replica',
    promise: 'at least 95 % answered, at most 1.2 tries a call',
    isShort: false,
    policy: 'retry',
    run: refusing([0.2], 0.95),
  },
  {
    name: 'sick-service',
    fault: 'the only replica fails each call after 300 ms',
    promise: 'after 7 s at most 10 % of the calls are sent, the others refused within 20 ms',
    isShort: false,
    policy: 'breaker',
    run: sick,
  },
  {
    name: 'short-deadlines',
    fault: 'deadlines of 100 ms for a stage of 150 ms',
    promise: 'at least 95 % of them refused within 20 ms, all others answered',
    isShort: true,
    policy: 'earlyRefusal',
    run: tooShort,
  },
];
