/** Processes that die. */
import { startFaultMesh } from './fault-mesh.ts';
import { ms, percent, quantile, seconds } from './figures.ts';
import { Lateness } from './lateness.ts';
import { type Ask, workFor } from './load.ts';
import { brief, type FaultPlan, type FaultRow, type Measured } from './row.ts';
import { attemptsPerCall, failedPart, failures, p99, runUnderFault, times } from './run.ts';

const workMs = 8;
const backWithinMs = 2_000;
const ask: Ask = { model: 'ask-work', timeoutMs: 5_000, inputs: workFor(workMs) };

/** One call of 20 leaves before it is answered. */
const next = (random: () => number): Ask => (random() < 0.05 ? { ...ask, cancelAfterMs: 20 * random() } : ask);
const stayed = (calls: readonly { readonly outcome?: string | undefined }[]) =>
  calls.filter(({ outcome }) => outcome !== 'cancelled') as never;

async function killOneOfTwo(plan: FaultPlan): Promise<Measured> {
  await using mesh = await startFaultMesh({ off: plan.off });
  const [victim] = mesh.services;
  const run = await runUnderFault({
    plan: brief(plan),
    mesh,
    next,
    // The one that is left can carry it: at a half it has no time to spare for what waits.
    part: 1 / 3,
    inject: () => process.kill(victim?.pid ?? 0, 'SIGKILL'),
  });
  const calls = run.between(run.loadedAt, run.endedAt);
  const base = p99(run.between(run.loadedAt, run.faultAt));
  // Waits that come from chance alone are some runs long.
  const limitMs = 2 * base + 5 * workMs;
  // Of all calls from then on: p99 of a few would be the one that chance made wait longest.
  const again = p99(run.between(run.faultAt + backWithinMs, run.endedAt));
  const replaced = mesh.events.find(({ line }) => line.includes('ready again'));
  const failed = failedPart(stayed(calls));
  const replacedMs = (replaced?.at ?? Number.POSITIVE_INFINITY) - run.faultAt;
  return run.measured(failed <= 0.001 && again <= limitMs && replacedMs <= 5_000, [
    `${percent(failed, 2)} of ${calls.length} failed`,
    `p99 ${ms(base)} before, ${ms(again)} from ${seconds(backWithinMs)} after it on`,
    `replaced after ${seconds(replacedMs)}`,
    `${attemptsPerCall(calls).toFixed(3)} tries a call`,
  ]);
}

async function killTheOnly(plan: FaultPlan): Promise<Measured> {
  await using mesh = await startFaultMesh({ replicas: { work: 1 }, off: plan.off });
  const [victim] = mesh.services;
  using lateness = new Lateness(mesh.client);
  const run = await runUnderFault({
    plan: brief(plan),
    mesh,
    next: () => ask,
    inject: () => process.kill(victim?.pid ?? 0, 'SIGKILL'),
  });
  const ready = mesh.events.find(({ line }) => line.includes('ready again'))?.at ?? Number.POSITIVE_INFINITY;
  // The first calls find out; those that come later know.
  const later = run.between(run.faultAt + 200, run.endedAt);
  const refusedMs = quantile(times(later, 'fail'), 0.9);
  // The next process takes what the machine has while it starts.
  const lateMs = lateness.p90(run.faultAt, ready);
  const lastFailed = Math.max(
    ready,
    ...later.filter(({ outcome }) => outcome !== 'ok').map(({ invokedAt }) => invokedAt),
  );
  const before = failedPart(run.between(run.loadedAt, run.faultAt - 100));
  return run.measured(before === 0 && refusedMs <= 50 + lateMs && lastFailed - ready <= 1_000, [
    `90 % of the refusals within ${ms(refusedMs)}, of readiness ${ms(lateMs)}`,
    `answers ${seconds(lastFailed - ready)} after it was ready again`,
    failures(later),
  ]);
}

export const killRows: readonly FaultRow[] = [
  {
    name: 'kill-one-of-two',
    fault: 'SIGKILL of one of two replicas',
    promise: 'at most 0.1 % fail, p99 back in 2 s, replaced in 5 s',
    isShort: true,
    run: killOneOfTwo,
  },
  {
    name: 'kill-the-only',
    fault: 'SIGKILL of the only replica',
    promise: 'refused within 50 ms, answers at most 1 s after it is ready again',
    isShort: true,
    run: killTheOnly,
  },
];
