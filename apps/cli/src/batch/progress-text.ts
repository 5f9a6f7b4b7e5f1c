/** How far a batch is, on one line that fits the terminal. */
import type { BatchProgress } from '@sheaf/jobs';

export interface Pace {
  readonly rowsPerSecond: number | undefined;
  /** Of the calls that the gateway answered meanwhile; undefined where it tells nothing, or had none. */
  readonly p99Seconds: number | undefined;
}

const [cellsMax, cellsMin] = [24, 6];

/** `columns`: of the terminal. What matters least is left out first. */
export function progressText(
  { isCut, rows, rowsDone, rowsFailed }: BatchProgress,
  pace: Pace,
  columns: number,
): string {
  const count = (value: number): string => value.toLocaleString('en');
  const rate = pace.rowsPerSecond;
  const left = isCut && rate ? (rows - rowsDone) / rate : undefined;
  // By the order in which they stand; those with greater numbers go first where there is no room.
  const fields: readonly (readonly [rank: number, text: string])[] = [
    [3, isCut && rows > 0 ? `${Math.floor((100 * rowsDone) / rows)}%` : ''],
    [0, `${count(rowsDone)}/${count(rows)}${isCut ? '' : '+'} rows`],
    [1, rate === undefined ? '' : `${count(Math.round(rate))}/s`],
    [0, rowsFailed > 0 ? `${count(rowsFailed)} errors` : ''],
    [2, left === undefined || rowsDone === rows ? '' : `${timeText(left)} left`],
    [4, pace.p99Seconds === undefined ? '' : `online p99 ${latencyText(pace.p99Seconds)}`],
  ];
  for (let rank = 4; ; rank--) {
    const text = fields.flatMap(([own, field]) => (own <= rank && field !== '' ? [field] : [])).join('  ');
    const cells = Math.min(cellsMax, columns - text.length - 3);
    if (cells >= cellsMin) return `${bar(isCut && rows > 0 ? rowsDone / rows : 0, cells)}  ${text}`;
    if (rank === 0) return text.slice(0, Math.max(0, columns - 1));
  }
}

function bar(share: number, cells: number): string {
  const full = Math.floor(share * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
}

export function timeText(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

const latencyText = (seconds: number): string =>
  seconds < 10 ? `${(1000 * seconds).toFixed(seconds < 0.01 ? 1 : 0)} ms` : `${seconds.toFixed(0)} s`;
