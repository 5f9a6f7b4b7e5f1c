/** More work than anybody could do. */
import { setTimeout } from 'node:timers/promises';
import { InferError, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { startFaultMesh } from './fault-mesh.ts';
import { ms, percent, quantile, seconds } from './figures.ts';
import { Lateness } from './lateness.ts';
import { type Ask, workFor } from './load.ts';
import { brief, type FaultPlan, type FaultRow, type Measured } from './row.ts';
import { allAnswered, failedPart, failures, type Run, recoveredMs, runUnderFault, times } from './run.ts';
import { askStub, openStub, stubMesh, takes } from './stub.ts';

/** Answers a second while the fault lasts, against what it can do; what came in last is answered a little later. */
const goodputOf = (run: Run, capacity: number): number =>
  run.record.operations.filter(
    ({ outcome, endedAt = 0 }) => outcome === 'ok' && endedAt >= run.faultAt && endedAt < run.healedAt,
  ).length /
  (((run.healedAt - run.faultAt) / 1_000) * capacity);

/** Work that takes a time and no CPU, so that what else the machine does matters little. */
const overloaded =
  (factor: number) =>
  async (plan: FaultPlan): Promise<Measured> => {
    const ask: Ask = { model: 'ask-work', timeoutMs: 600, inputs: workFor(20) };
    await using mesh = await startFaultMesh({ replicas: { work: 1 }, off: plan.off });
    using lateness = new Lateness(mesh.client);
    const run = await runUnderFault({
      plan,
      mesh,
      next: () => ask,
      inject: (load, { capacity }) => {
        load.ratePerSecond = factor * capacity;
      },
      heal: (load, { capacity }) => {
        load.ratePerSecond = capacity / 2;
      },
    });
    const calls = run.between(run.faultAt, run.healedAt);
    const goodput = goodputOf(run, run.capacity);
    const refusedMs = quantile(times(calls, 'fail'), 0.9);
    const lateMs = lateness.p90(run.faultAt, run.healedAt);
    const backMs = recoveredMs(run, run.healedAt, run.endedAt, allAnswered);
    return run.measured(goodput >= 0.8 && refusedMs <= 20 + lateMs && backMs <= 5_000, [
      `goodput ${percent(goodput)} of ${run.capacity.toFixed(0)} a second`,
      `90 % of the refusals within ${ms(refusedMs)}, of readiness ${ms(lateMs)}`,
      `all answered again after ${seconds(backMs)}`,
      failures(calls),
    ]);
  };

/** A service that can do so much and says so. */
async function spared(plan: FaultPlan): Promise<Measured> {
  const capacity = 40;
  const factor = 10;
  await using stub = await openStub(takes(5));
  await using mesh = await startFaultMesh({ ...stubMesh([stub]), off: plan.off });
  let windowAt = 0;
  let taken = 0;
  const limited = async (): Promise<void> => {
    // So many in each quarter of a second.
    const now = Math.floor(performance.now() / 250);
    if (now !== windowAt) [windowAt, taken] = [now, 0];
    if (++taken > capacity / 4)
      throw new InferError('UNAVAILABLE', 'too much', { reason: 'OVERLOADED', retryAfterMs: 50 });
    await setTimeout(5);
  };
  let askedBefore = 0;
  let asked = 0;
  const run = await runUnderFault({
    plan,
    mesh,
    next: () => askStub(600),
    ratePerSecond: capacity / 2,
    inject: (load) => {
      askedBefore = stub.asked;
      stub.behave = limited;
      load.ratePerSecond = factor * capacity;
    },
    heal: (load) => {
      asked = stub.asked - askedBefore;
      load.ratePerSecond = capacity / 2;
    },
  });
  const calls = run.between(run.faultAt, run.healedAt);
  const goodput = goodputOf(run, capacity);
  const sent = asked / calls.length;
  const backMs = recoveredMs(run, run.healedAt, run.endedAt, allAnswered);
  return run.measured(sent <= 0.4 && goodput >= 0.8 && backMs <= 5_000, [
    `${percent(sent)} of the calls were sent`,
    `goodput ${percent(goodput)} of ${capacity} a second`,
    `all answered again after ${seconds(backMs)}`,
  ]);
}

/** Runs that share two cores with one another: more at once take longer each, and end after their deadlines. */
async function crowded(plan: FaultPlan): Promise<Measured> {
  const cores = 2;
  const deadlineRuns = 3.5;
  // Long enough that the gateway and the load, on the same cores, take little of them.
  const loops = 80_000;
  const inputs = () => [tensorOf('x', 'INT64', [], BigInt64Array.of(BigInt(loops)))];
  // In the measure of this machine: a run takes what it takes here.
  let timeoutMs = 2_000;
  await using mesh = await startFaultMesh({
    files: { 'models/slow': sampleModels.slowLoop(), 'models/slow/model.yaml': 'instances: 16\n' },
    services: 'slow: { models: [slow] }',
    replicas: { slow: 1 },
    off: plan.off,
  });
  const run = await runUnderFault({
    plan: brief(plan),
    mesh,
    next: () => ({ model: 'slow', timeoutMs, inputs }),
    inFlight: cores,
    inject: (load, { capacity }) => {
      timeoutMs = Math.round((deadlineRuns * cores * 1_000) / capacity);
      load.ratePerSecond = 5 * capacity;
    },
    heal: (load, { capacity }) => (load.ratePerSecond = capacity / 2),
  });
  const calls = run.between(run.faultAt, run.healedAt);
  const goodput = goodputOf(run, run.capacity);
  const letIn = calls.filter(({ outcome }) => outcome !== 'fail');
  const inTime = 1 - failedPart(letIn);
  return run.measured(goodput >= 0.25 && inTime >= 0.4, [
    `${percent(inTime)} of ${letIn.length} that were let in were in time (${ms(timeoutMs)})`,
    `goodput ${percent(goodput)} of ${run.capacity.toFixed(0)} a second`,
    `half of the answers within ${ms(quantile(times(calls), 0.5))}`,
    failures(calls),
  ]);
}

export const overloadRows: readonly FaultRow[] = [
  {
    name: 'overload-2x',
    fault: 'twice the load that it can do',
    promise: 'goodput at least 80 % of capacity, refusals within 20 ms, all answered 5 s after',
    isShort: false,
    run: overloaded(2),
  },
  {
    name: 'overload-10x',
    fault: 'ten times the load that it can do',
    promise: 'goodput at least 80 % of capacity, refusals within 20 ms, all answered 5 s after',
    isShort: false,
    run: overloaded(10),
  },
  {
    name: 'overload-spared',
    fault: 'ten times the load on a service that refuses',
    promise: 'at most 40 % are sent to it, goodput at least 80 %, all answered 5 s after',
    isShort: false,
    policy: 'throttle',
    run: spared,
  },
  {
    name: 'overload-crowded',
    fault: 'sixteen instances on two cores, five times what they can do, deadlines of 3.5 runs',
    promise: 'goodput at least 25 % of two at a time, at least 40 % of the calls that are let in are in time',
    isShort: false,
    policy: 'adaptiveLimit',
    run: crowded,
  },
];
