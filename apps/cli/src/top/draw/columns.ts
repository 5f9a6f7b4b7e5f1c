/** The columns of the tables: what each shows, how wide it is, and what it is sorted by. */
import type { NameRow } from '../rows/names.ts';
import type { ServiceRow } from '../rows/services.ts';
import { amount, bytes, duration, part, rate } from './figures.ts';

/** `bad` is what somebody should look at. */
export type Style = 'plain' | 'head' | 'quiet' | 'bad' | 'warning' | 'selected';

export interface Column<Row> {
  readonly title: string;
  /** With the space before it. Columns stand from the left to the right, as many of them as there is room for. */
  readonly width: number;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style;
  /** What it is sorted by, the largest first unless it is text. */
  readonly by: (row: Row) => number | string | undefined;
}

function numeric<Row>(
  title: string,
  width: number,
  by: (row: Row) => number | undefined,
  format: (value: number | undefined) => string,
  style?: (row: Row) => Style,
): Column<Row> {
  return { title, width, by, text: (row) => format(by(row)), ...(style && { style }) };
}

const badAbove =
  <Row>(by: (row: Row) => number | undefined, warning: number, bad: number) =>
  (row: Row): Style => {
    const value = by(row) ?? 0;
    if (value >= bad) return 'bad';
    return value > warning ? 'warning' : 'plain';
  };

const stateOf = ({ ready, breaker }: NameRow): string => {
  if (breaker === 'open') return 'open';
  if (!ready) return 'down';
  return breaker === 'half-open' ? 'half' : 'ok';
};

const stateStyles: Readonly<Record<string, Style>> = { ok: 'plain', half: 'warning', open: 'bad', down: 'bad' };

/** After the name, which takes what is left. Those up to `queue` and `batch` are as many as 80 characters hold. */
export const nameColumns: readonly Column<NameRow>[] = [
  {
    title: 'state',
    width: 6,
    text: stateOf,
    style: (row) => stateStyles[stateOf(row)] ?? 'plain',
    by: (row) => ['ok', 'half', 'open', 'down'].indexOf(stateOf(row)),
  },
  numeric('calls/s', 8, (row) => row.callsPerSecond, rate),
  numeric('runs/s', 7, (row) => row.runsPerSecond, rate),
  numeric(
    'fail',
    6,
    (row) => row.failedRatio,
    part,
    badAbove((row) => row.failedRatio, 0, 0.05),
  ),
  numeric(
    'refuse',
    7,
    (row) => row.refusedRatio,
    part,
    badAbove((row) => row.refusedRatio, 0, 0.5),
  ),
  numeric('p50', 7, (row) => row.p50Seconds, duration),
  numeric('p99', 7, (row) => row.p99Seconds, duration),
  numeric(
    'queue',
    6,
    (row) => row.queued,
    amount,
    badAbove((row) => row.queueUseRatio, 0.5, 0.9),
  ),
  numeric('batch', 6, (row) => row.batchRows, amount),
  numeric('wait99', 8, (row) => row.waitP99Seconds, duration),
  numeric('run99', 8, (row) => row.runP99Seconds, duration),
  {
    title: 'busy',
    width: 8,
    text: ({ runsInFlight, runsLimit }) => (runsLimit === undefined ? '-' : `${runsInFlight ?? 0}/${runsLimit}`),
    by: (row) => row.runsInFlight,
  },
  { title: 'kind', width: 10, text: ({ kind }) => kind, by: ({ kind }) => kind },
  { title: 'service', width: 24, text: ({ service }) => service || '-', by: ({ service }) => service },
];

const upStyle = ({ up, processes, crashLoops }: ServiceRow): Style => {
  if (up === 0 || crashLoops > 0) return 'bad';
  return up < processes ? 'warning' : 'plain';
};

export const serviceColumns: readonly Column<ServiceRow>[] = [
  {
    title: 'up',
    width: 6,
    text: ({ up, processes }) => `${up}/${processes}`,
    style: upStyle,
    by: ({ up, processes }) => processes - up,
  },
  numeric('cpu', 6, (row) => row.cpuRatio, part),
  numeric('memory', 7, (row) => row.memoryBytes, bytes),
  numeric(
    'loop99',
    7,
    (row) => row.loopP99Seconds,
    duration,
    badAbove((row) => row.loopP99Seconds, 0.05, 0.25),
  ),
  numeric('flight', 7, (row) => row.inFlight, amount),
  numeric('tries/s', 8, (row) => row.triesPerSecond, rate),
  numeric(
    'fail',
    6,
    (row) => row.failedRatio,
    part,
    badAbove((row) => row.failedRatio, 0, 0.05),
  ),
  numeric('p50', 7, (row) => row.p50Seconds, duration),
  numeric('p99', 7, (row) => row.p99Seconds, duration),
  numeric(
    'retry/s',
    9,
    (row) => row.retriesPerSecond,
    rate,
    badAbove((row) => row.retriesPerSecond, 0, 10),
  ),
  numeric(
    'refused/s',
    11,
    (row) => row.refusedPerSecond,
    rate,
    badAbove((row) => row.refusedPerSecond, 0, 10),
  ),
  {
    title: 'loops',
    width: 7,
    text: ({ crashLoops }) => String(crashLoops),
    style: upStyle,
    by: (row) => row.crashLoops,
  },
];
