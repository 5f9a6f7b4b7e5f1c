/** Writes metrics as text: Prometheus 0.0.4, or OpenMetrics 1.0.0 with exemplars. In parts, so that a large scrape holds no call up. */
import { setImmediate } from 'node:timers/promises';
import type { MetricSamples } from '@sheaf/transport';
import type { Metric } from './metric.ts';
import type { Counter, Histogram, Registry } from './registry.ts';
import { type MetricName, metrics } from './table.ts';

export interface TextOptions {
  /** What stands before the labels of each sample: `service="iris",replica="1"`. */
  readonly labels: string;
  readonly openmetrics: boolean;
}

/** The event loop gets its turn after so long. Milliseconds. */
const turnMs = 5;

const names = Object.keys(metrics) as MetricName[];

const number = (value: number): string => {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};

/** As both formats want it: a float, also where it is whole. */
const bound = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

/** The samples of a process, by metric; those that have none are left out. Looks at the clock and lets others go first whenever it took `turnMs`. */
export async function samplesOf(registry: Registry, options: TextOptions): Promise<readonly MetricSamples[]> {
  const all: MetricSamples[] = [];
  let startedAt = performance.now();
  for (const name of names) {
    const parts: Buffer[] = [];
    let text = '';
    for (const series of registry.seriesOf(name)) {
      text += linesOf(name, series, options);
      if (text.length < 32_768) continue;
      parts.push(Buffer.from(text));
      text = '';
      if (performance.now() - startedAt < turnMs) continue;
      await setImmediate();
      startedAt = performance.now();
    }
    if (text !== '') parts.push(Buffer.from(text));
    if (parts.length > 0) all.push({ name, text: Buffer.concat(parts) });
  }
  return all;
}

function linesOf(name: string, series: Counter | Histogram, { labels, openmetrics }: TextOptions): string {
  const own = series.labels === '' ? labels : labels === '' ? series.labels : `${labels},${series.labels}`;
  if ('value' in series) return `${name}{${own}} ${number(series.value)}\n`;
  const { bounds, counts, exemplars, sum } = series;
  const before = own === '' ? '' : `${own},`;
  let text = '';
  let count = 0;
  for (let bucket = 0; bucket <= bounds.length; bucket++) {
    count += counts[bucket] as number;
    const upper = bucket === bounds.length ? '+Inf' : bound(bounds[bucket] as number);
    text += `${name}_bucket{${before}le="${upper}"} ${count}`;
    const exemplar = openmetrics ? exemplars[bucket] : undefined;
    if (exemplar) text += ` # {trace_id="${exemplar.traceId}"} ${number(exemplar.value)} ${exemplar.atMs / 1000}`;
    text += '\n';
  }
  return `${text}${name}_sum{${own}} ${number(sum)}\n${name}_count{${own}} ${count}\n`;
}

/** The lines that say what a metric is. OpenMetrics wants `_total` of counters, which Triton's names have not: there they are of unknown type. */
export function headOf(name: MetricName, openmetrics: boolean): string {
  const { kind, help }: Metric = metrics[name];
  if (!openmetrics) return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;
  const family = kind === 'counter' ? name.replace(/_total$/, '') : name;
  const type = kind === 'counter' && family === name ? 'unknown' : kind;
  const [unit] = /(?<=_)(?:seconds|bytes|ratio)$/.exec(family) ?? [];
  return `# TYPE ${family} ${type}\n${unit ? `# UNIT ${family} ${unit}\n` : ''}# HELP ${family} ${help}\n`;
}

/** All of a scrape, in the order of the table: each metric once, with the samples of every process. */
export function* wholeText(
  processes: readonly (readonly MetricSamples[])[],
  openmetrics: boolean,
): Generator<Uint8Array, void, undefined> {
  const byName = processes.map((samples) => new Map(samples.map(({ name, text }) => [name, text])));
  for (const name of names) {
    const texts = byName.flatMap((samples) => samples.get(name) ?? []);
    if (texts.length === 0) continue;
    yield Buffer.from(headOf(name, openmetrics));
    yield* texts;
  }
  if (openmetrics) yield Buffer.from('# EOF\n');
}
