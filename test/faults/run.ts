/** A run: load before, during and after a fault, and what the record of it says. */
import type { FaultMesh } from './fault-mesh.ts';
import { quantile, seeded } from './figures.ts';
import { judge } from './invariants.ts';
import { type Ask, measureCapacity, Recorder, type RunningLoad, startLoad } from './load.ts';
import { monotonicMs, type Operation, type Published, type RunRecord } from './record.ts';
import type { FaultPlan, Measured } from './row.ts';

const warmUpMs = 1_000;
const capacityMs = 1_500;
const capacityInFlight = 16;

export interface RunOptions {
  readonly plan: FaultPlan;
  readonly mesh: Pick<FaultMesh, 'client' | 'runs' | 'transitions' | 'samples'>;
  /** The next call. */
  readonly next: (random: () => number) => Ask;
  /** Calls a second; undefined: a part of what the mesh is measured to do. */
  readonly ratePerSecond?: number;
  /** That part. Default a half. */
  readonly part?: number;
  /** Calls at the same time while that is measured. Default 16. */
  readonly inFlight?: number;
  /** Begins the fault. */
  readonly inject: (load: RunningLoad, run: Moments) => unknown;
  /** Ends it. */
  readonly heal?: (load: RunningLoad, run: Moments) => unknown;
  /** Whether the fault stops processes of the stages by a signal. */
  readonly stopsProcesses?: boolean;
  /** Undefined: whatever the first answer was made of is served all the time. */
  readonly published?: () => readonly Published[];
}

/** When what happened, on the clock of the record. */
export interface Moments {
  /** Calls a second that it can answer, the less of before and after; 0 when that was not measured. */
  capacity: number;
  readonly loadedAt: number;
  faultAt: number;
  healedAt: number;
  endedAt: number;
}

export interface Run extends Moments {
  readonly record: RunRecord;
  /** Calls that came in from `from` until `to`. */
  between(from: number, to: number): readonly Operation[];
  measured(kept: boolean, figures: readonly string[]): Measured;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The capacity is measured first; the measured calls are part of the record. */
export async function runUnderFault(options: RunOptions): Promise<Run> {
  const { plan, mesh, next, inject, heal = () => {}, published } = options;
  const random = seeded(plan.seed);
  const recorder = new Recorder(mesh.client);
  const call = (): Promise<Operation> => recorder.call(next(random));
  try {
    const capacity = options.ratePerSecond ? 0 : await measureAll(call, options.inFlight ?? capacityInFlight);
    if (options.ratePerSecond) await warmUp(options.ratePerSecond, random, call);
    await recorder.drained();
    if (!recorder.operations.some(({ outcome }) => outcome === 'ok'))
      throw new Error(`nothing is answered even without a fault: ${failures(recorder.operations)}`);
    const load = startLoad(options.ratePerSecond ?? capacity * (options.part ?? 0.5), random, () => void call());
    const moments: Moments = { capacity, loadedAt: monotonicMs(), faultAt: 0, healedAt: 0, endedAt: 0 };
    await pause(plan.beforeMs);
    moments.faultAt = monotonicMs();
    await inject(load, moments);
    await pause(plan.duringMs);
    moments.healedAt = monotonicMs();
    await heal(load, moments);
    await pause(plan.afterMs);
    moments.endedAt = monotonicMs();
    await load.stop();
    await recorder.drained();
    // The machine may have had less to give than when it was measured first.
    if (capacity > 0)
      moments.capacity = Math.min(
        capacity,
        await measureCapacity(call, options.inFlight ?? capacityInFlight, capacityMs),
      );
    // What was cancelled last may still be on its way, and is not to begin.
    await pause(300);
    const { operations, stalls } = recorder;
    const record: RunRecord = {
      operations,
      stalls,
      standstills: options.stopsProcesses ? [{ from: moments.faultAt, to: moments.healedAt }] : [],
      runs: await mesh.runs(),
      transitions: mesh.transitions,
      samples: mesh.samples,
      published: published?.() ?? alwaysServed(operations),
    };
    return runOf(record, moments);
  } finally {
    recorder.close();
  }
}

/** The compilers of Node have to have seen all of it first. */
async function measureAll(call: () => Promise<Operation>, inFlight: number): Promise<number> {
  await measureCapacity(call, Math.min(4, inFlight), warmUpMs);
  return measureCapacity(call, inFlight, capacityMs);
}

async function warmUp(rate: number, random: () => number, call: () => Promise<Operation>): Promise<void> {
  const load = startLoad(rate, random, () => void call());
  await pause(warmUpMs);
  await load.stop();
}

const alwaysServed = (operations: readonly Operation[]): Published[] => {
  const versions = [...new Set(operations.flatMap((operation) => operation.versions ?? []))];
  const models = new Map(versions.map((set) => [set.replaceAll(/=\S+/g, ''), set]));
  return [...models.values()].map((set) => ({ versions: set, from: 0, to: Number.POSITIVE_INFINITY }));
};

function runOf(record: RunRecord, moments: Moments): Run {
  const between = (from: number, to: number): readonly Operation[] =>
    record.operations.filter(({ invokedAt }) => invokedAt >= from && invokedAt < to);
  const measured = (kept: boolean, figures: readonly string[]): Measured => ({
    kept,
    measured: figures.join(', '),
    violations: judge(record),
  });
  return { ...moments, record, between, measured };
}

/** The share of calls that were not answered. */
export const failedPart = (operations: readonly Operation[]): number =>
  operations.filter(({ outcome }) => outcome !== 'ok').length / Math.max(1, operations.length);

/** Of the calls that were answered, or those of another outcome. */
export const times = (operations: readonly Operation[], outcome: Operation['outcome'] = 'ok'): number[] =>
  operations.filter((each) => each.outcome === outcome).map(({ endedAt = 0, invokedAt }) => endedAt - invokedAt);

export const p99 = (operations: readonly Operation[]): number => quantile(times(operations), 0.99);

export const attemptsPerCall = (operations: readonly Operation[]): number =>
  operations.reduce((sum, { attempts }) => sum + attempts, 0) / Math.max(1, operations.length);

/**
 * How long after `from` calls are well again for good: the end of the last stretch of `stepMs` with a call that is not. 0: all were well. What comes in
 * after `to` is not looked at.
 */
export function recoveredMs(
  run: Run,
  from: number,
  to: number,
  isWell: (calls: readonly Operation[]) => boolean,
  stepMs = 500,
): number {
  let lastBad = 0;
  for (let at = from; at + stepMs <= to; at += stepMs) {
    const calls = run.between(at, at + stepMs);
    if (calls.length > 0 && !isWell(calls)) lastBad = at + stepMs - from;
  }
  return lastBad;
}

export const allAnswered = (calls: readonly Operation[]): boolean => calls.every(({ outcome }) => outcome === 'ok');

/** What failed, by reason, the most frequent first. */
export function failures(operations: readonly Operation[]): string {
  const bad = operations.filter(({ outcome }) => outcome !== 'ok');
  const byReason = [...Map.groupBy(bad, ({ code, reason }) => reason || code)];
  const counts = byReason.sort(([, a], [, b]) => b.length - a.length).map(([reason, all]) => `${all.length} ${reason}`);
  return counts.length === 0 ? 'none failed' : counts.slice(0, 3).join(' + ');
}
