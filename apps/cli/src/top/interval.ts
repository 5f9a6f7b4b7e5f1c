/** What happened between two readings of the metrics of a mesh. */
import type { MetricName } from '@sheaf/telemetry';
import type { Sample, Samples } from './parse-metrics.ts';
import { type Buckets, quantileOf } from './quantile.ts';

export interface Reading {
  /** On a clock that never goes back. Milliseconds. */
  readonly atMs: number;
  readonly samples: Samples;
}

type SampleName = MetricName | `${MetricName}_bucket` | `${MetricName}_sum` | `${MetricName}_count`;

/** Labels that a sample has to have. */
export type Where = Readonly<Record<string, string>>;

/** All numbers are undefined where nothing is known: before there is a second reading, or where nothing was counted. */
export interface Interval {
  readonly seconds: number | undefined;
  /** As they are now. */
  samples(name: SampleName, where?: Where): readonly Sample[];
  /** Of counters: how much each has grown. */
  increases(name: SampleName, where?: Where): readonly Sample[];
  /** How much counters have grown each second, in all. */
  rate(name: SampleName, where?: Where): number | undefined;
  /** The estimate of a quantile of what a histogram counted. */
  quantile(quantile: number, name: MetricName, where?: Where): number | undefined;
  /** The mean of what a histogram counted. */
  mean(name: MetricName, where?: Where): number | undefined;
}

export const sum = (samples: readonly Sample[]): number => samples.reduce((total, { value }) => total + value, 0);

const processOf = ({ service, replica }: Sample['labels']): string => `${service} ${replica}`;

export function createInterval(before: Reading | undefined, now: Reading): Interval {
  const seconds = before && (now.atMs - before.atMs) / 1000;
  const growths = new Map<SampleName, readonly Sample[]>();
  const startsNow = startsOf(now);
  const startsBefore = before && startsOf(before);
  const growthsOf = (name: SampleName): readonly Sample[] => {
    const known = growths.get(name);
    if (known) return known;
    const old = new Map(before?.samples.get(name)?.map(({ key, value }) => [key, value]));
    const grown = (now.samples.get(name) ?? []).map((sample) => {
      const process = processOf(sample.labels);
      const startedBefore = startsBefore?.get(process);
      // A process that was not seen before may have counted for long: what of that is new nobody knows.
      if (startedBefore === undefined) return { ...sample, value: 0 };
      const last = startedBefore === startsNow.get(process) ? (old.get(sample.key) ?? 0) : 0;
      // One that begins anew has counted from 0.
      return { ...sample, value: sample.value < last ? sample.value : sample.value - last };
    });
    growths.set(name, grown);
    return grown;
  };
  const find = createFinder();
  const samples: Interval['samples'] = (name, where) => find(now.samples.get(name) ?? none, where);
  const increases: Interval['increases'] = (name, where) => find(growthsOf(name), where);
  return {
    seconds,
    samples,
    increases,
    rate: (name, where) => (seconds ? sum(increases(name, where)) / seconds : undefined),
    quantile: (quantile, name, where) => quantileOf(quantile, bucketsOf(increases(`${name}_bucket`, where))),
    mean: (name, where) => {
      const count = sum(increases(`${name}_count`, where));
      return count > 0 ? sum(increases(`${name}_sum`, where)) / count : undefined;
    },
  };
}

/** When each process has started. */
const startsOf = ({ samples }: Reading): ReadonlyMap<string, number> =>
  new Map(samples.get('process_start_time_seconds')?.map(({ labels, value }) => [processOf(labels), value]));

const none: readonly Sample[] = [];

/** Finds samples by their labels. By the first label that is asked for they are looked up: a mesh of a thousand models has a thousand of each. */
function createFinder() {
  const indices = new Map<readonly Sample[], Map<string, ReadonlyMap<string | undefined, readonly Sample[]>>>();
  const indexOf = (samples: readonly Sample[], label: string) => {
    const own = indices.get(samples) ?? new Map<string, ReadonlyMap<string | undefined, readonly Sample[]>>();
    indices.set(samples, own);
    const index = own.get(label) ?? Map.groupBy(samples, ({ labels }) => labels[label]);
    own.set(label, index);
    return index;
  };
  return (samples: readonly Sample[], where: Where = {}): readonly Sample[] => {
    const [first, ...others] = Object.entries(where);
    if (!first) return samples;
    const found = indexOf(samples, first[0]).get(first[1]) ?? none;
    return others.length === 0
      ? found
      : found.filter(({ labels }) => others.every(([name, value]) => labels[name] === value));
  };
}

/** Of all series together. */
function bucketsOf(samples: readonly Sample[]): Buckets {
  const counts = new Map<number, number>();
  for (const { labels, value } of samples) {
    const upper = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
    counts.set(upper, (counts.get(upper) ?? 0) + value);
  }
  return counts;
}
