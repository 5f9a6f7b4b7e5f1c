/** What serving a pipeline in three ways came to, and how it is told. */

export const ways = ['online', 'asynchronous', 'batch'] as const;
/** `online`: a call waits for its answer. `asynchronous`: it leaves a job, and comes back. `batch`: all is computed ahead, and looked up. */
export type Way = (typeof ways)[number];

export interface WayFigures {
  readonly way: Way;
  /** How many rows were answered, or computed, in a second with the machine as busy as it gets. */
  readonly rowsPerSecond: number;
  /** Of the whole mesh, in milliseconds for a row. Undefined where processes cannot tell it. */
  readonly cpuMsPerRow: number | undefined;
  /** How long a caller waits for an answer: of a call, from a submission to its result, of a look-up. Milliseconds, with nothing else to do and one at a time. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How old what a caller gets may be, in milliseconds: of a batch as long as the run took, and until the next one ends. */
  readonly ageMs: number;
}

export interface Comparison {
  readonly name: string;
  readonly version: string;
  /** The requests, of one row each. */
  readonly rows: number;
  readonly figures: readonly WayFigures[];
}

/** Three digits, with its unit. */
export function shownMs(ms: number): string {
  if (ms < 1_000) return `${ms.toPrecision(3).replace(/\.?0+$/, '') || '0'} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${(ms / 60_000).toFixed(0)} min`;
}

export const shownRate = (rate: number): string => `${rate < 10 ? rate.toFixed(1) : rate.toFixed(0)} rows/s`;

const notes: Readonly<Record<Way, string>> = {
  online: 'as it is asked',
  asynchronous: 'as it is asked, later',
  batch: 'of the last run',
};

/** Rows for a table, with their head. */
export function comparisonTable({ figures }: Comparison): string[][] {
  const row = (label: string, tell: (one: WayFigures) => string): string[] => [label, ...figures.map(tell)];
  return [
    ['', ...figures.map(({ way }) => way)],
    row('throughput', ({ rowsPerSecond }) => shownRate(rowsPerSecond)),
    row('CPU of a row', ({ cpuMsPerRow }) => (cpuMsPerRow === undefined ? '?' : shownMs(cpuMsPerRow))),
    row('answer, p50', ({ p50Ms }) => shownMs(p50Ms)),
    row('answer, p99', ({ p99Ms }) => shownMs(p99Ms)),
    row('computed', ({ way }) => notes[way]),
    row('how old', ({ way, ageMs }) => (way === 'batch' ? `${shownMs(ageMs)} and more` : shownMs(ageMs))),
  ];
}
