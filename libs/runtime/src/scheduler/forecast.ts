/** Who of those that wait cannot be served in time: told by what a run costs and by what goes before them. */
import type { Cost } from './cost-line.ts';

export interface Forecasted {
  readonly key: string;
  readonly rows: number | undefined;
  readonly deadline: number;
}

export interface Pace {
  readonly now: number;
  /** What a run takes of its worker, in all. */
  readonly cost: Cost;
  /** Rows that a batch may have; 1 when every call is run alone. */
  readonly maxRows: number;
  /** For each run that may go on at once: how long its worker is busy yet; 0 is free. Never empty. */
  readonly busyMs: readonly number[];
}

/** Part of its time that a call has to have left, by the forecast, when it comes: the forecast may be wrong, and those that are in are not to suffer. */
const reserve = 0.2;

/** When a call has to be done by. For one that has just come, a fifth of its time earlier. */
export const latest = ({ deadline }: Forecasted, now: number, isNew: boolean): number =>
  isNew ? deadline - reserve * Math.max(0, deadline - now) : deadline;

/**
 * Those that would be late if all were run in this order. One that is late takes no time from those behind it. Nobody misses it for that when a worker would be
 * left without work by that: to run is how it is found out that runs are not that slow any more.
 */
export function entriesMissingDeadline<Entry extends Forecasted>(
  order: Iterable<Entry>,
  pace: Pace,
  newcomer?: Entry,
): Entry[] {
  const { now, maxRows } = pace;
  const { fixedMs, rowMs } = pace.cost;
  if (fixedMs + rowMs <= 0) return [];
  const busyMs = [...pace.busyMs];
  const batches = new Map<string, { slot: number; startMs: number; rows: number }>();
  const late: Entry[] = [];
  let kept = 0;
  for (const entry of order) {
    const rows = entry.rows ?? 1;
    const open = entry.rows === undefined ? undefined : batches.get(entry.key);
    const shared = open && open.rows + rows <= maxRows ? open : undefined;
    const slot = shared?.slot ?? soonestFree(busyMs);
    const startMs = shared?.startMs ?? (busyMs[slot] as number);
    const runRows = (shared?.rows ?? 0) + rows;
    const endsAt = now + startMs + fixedMs + rowMs * runRows;
    if (endsAt > latest(entry, now, entry === newcomer)) {
      late.push(entry);
      continue;
    }
    kept++;
    busyMs[slot] = (busyMs[slot] as number) + rows * rowMs + (shared ? 0 : fixedMs);
    if (entry.rows !== undefined) batches.set(entry.key, { slot, startMs, rows: runRows });
  }
  return kept === 0 && pace.busyMs.includes(0) ? [] : late;
}

const soonestFree = (busyMs: readonly number[]): number =>
  busyMs.reduce((best, ms, slot) => (ms < (busyMs[best] as number) ? slot : best), 0);

/** Whether everything is done by then even if each call is run alone and one after the other: then nobody has to be looked at. */
export function surelyInTime(calls: number, rows: number, { now, cost, busyMs }: Pace, by: number): boolean {
  const begunMs = Math.max(...busyMs);
  return now + begunMs + calls * (cost.fixedMs + cost.rowMs) + rows * cost.rowMs <= by;
}
