/** The figures as a table, as JSON and as pictures. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { table } from '@sheaf/terminal';
import type { Measured } from './load.ts';

const folder = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));

export interface Result {
  readonly scenario: string;
  readonly name: string;
  /** One for each round. */
  readonly rounds: readonly Measured[];
  /** The row that this one is compared with, and what is compared. */
  readonly against?: { readonly name: string; readonly by: 'rate' | 'time' | 'cpu' };
}

/** A process after all of it. */
export interface ProcessVitals {
  readonly name: string;
  readonly memoryBytes: number;
  readonly loopDelayMs: number;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const cpuOf = ({ rounds }: Result): number =>
  median(rounds.flatMap(({ cpuSecondsPer1000 }) => cpuSecondsPer1000 ?? []));
const rateOf = ({ rounds }: Result): number => median(rounds.map(({ rowsPerSecond }) => rowsPerSecond));
const timeOf = ({ rounds }: Result): number => median(rounds.map(({ p50Ms }) => p50Ms));

/** How this row stands to the one it is compared with, in words. */
function comparison(result: Result, results: readonly Result[]): string {
  const other = results.find(({ name }) => name === result.against?.name);
  if (!result.against || !other || other.rounds.length === 0) return '';
  const { by } = result.against;
  if (by === 'time') {
    const added = timeOf(result) - timeOf(other);
    return `${added < 0 ? '' : '+'}${added.toFixed(2)} ms, ${(timeOf(result) / timeOf(other)).toFixed(2)} x ${other.name}`;
  }
  if (by === 'cpu') return `${(cpuOf(other) / cpuOf(result)).toFixed(2)} x per CPU s of ${other.name}`;
  return `${(rateOf(result) / rateOf(other)).toFixed(2)} x ${other.name}`;
}

const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '');

export async function report(all: readonly Result[], processes: readonly ProcessVitals[]): Promise<string> {
  const results = all.filter(({ rounds }) => rounds.length > 0);
  const lines = results.map((result) => {
    const rates = result.rounds.map(({ rowsPerSecond }) => rowsPerSecond);
    return [
      result.name,
      number(rateOf(result), 0),
      `${number(Math.min(...rates), 0)} - ${number(Math.max(...rates), 0)}`,
      number(timeOf(result), 2),
      number(median(result.rounds.map(({ p99Ms }) => p99Ms)), 1),
      number(cpuOf(result), 3),
      comparison(result, results),
    ];
  });
  const head = ['', 'rows/s', 'from - to', 'p50 ms', 'p99 ms', 'CPU s per 1,000', 'ratio'];
  const vitals = processes.map(({ name, memoryBytes, loopDelayMs }) => [
    name,
    number(memoryBytes / 2 ** 20, 0),
    number(loopDelayMs, 1),
  ]);
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}result.json`, `${JSON.stringify({ results, processes }, null, 2)}\n`);
  for (const [scenario, rows] of Map.groupBy(results, (result) => result.scenario))
    await writeFile(`${folder}${scenario.replaceAll(/[^a-z0-9]+/g, '-')}.svg`, bars(scenario, rows));
  return `${table([head, ...lines])}\n\n${table([['', 'MiB', 'event loop, p99 ms late'], ...vitals])}\n\nwritten: .cache/bench/result.json, and a picture of each scenario`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Rows per second as bars, with the spread over the rounds as a line. */
function bars(title: string, rows: readonly Result[]): string {
  const [labels, length, step] = [400, 420, 30];
  const [width, height] = [labels + length + 110, 60 + rows.length * step];
  const largest = Math.max(...rows.flatMap(({ rounds }) => rounds.map(({ rowsPerSecond }) => rowsPerSecond)));
  const scale = (value: number): string => (labels + (value / largest) * length).toFixed(1);
  const bar = (row: Result, index: number): string => {
    const y = 50 + index * step;
    const rates = row.rounds.map(({ rowsPerSecond }) => rowsPerSecond);
    const end = scale(rateOf(row));
    return [
      `<text x="${labels - 10}" y="${y + 15}" text-anchor="end">${escaped(row.name)}</text>`,
      `<rect x="${labels}" y="${y}" width="${(Number(end) - labels).toFixed(1)}" height="20" rx="3" fill="#3b6fc4"/>`,
      `<path d="M ${scale(Math.min(...rates))} ${y + 10} H ${scale(Math.max(...rates))}" stroke="#f0a53a" stroke-width="3"/>`,
      `<text x="${Number(scale(Math.max(...rates))) + 8}" y="${y + 15}" fill="#44546a">${rateOf(row).toFixed(0)}</text>`,
    ].join('\n');
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" rx="12" fill="#ffffff"/>`,
    `<text x="20" y="30" font-weight="600">${escaped(title)}: rows per second, median of ${rows[0]?.rounds.length ?? 0}; the line is the spread</text>`,
    ...rows.map(bar),
    '</svg>',
    '',
  ].join('\n');
}
