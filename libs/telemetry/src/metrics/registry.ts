/** What is counted, in the memory of one process: a number or a histogram for each set of labels that was seen. */
import { bucketsOf, type MetricName, metrics } from './table.ts';

interface Labelled {
  /** As the text has them. */
  readonly labels: string;
  /** The values of the labels, in the order of the table. */
  readonly values: readonly string[];
}

/** One series that only grows. Whoever counts keeps it and adds to `value`: a look-up for each call would cost more than the call's other numbers together. */
export interface Counter extends Labelled {
  value: number;
}

export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

export interface Histogram extends Labelled {
  /** Upper bounds, ascending; one more bucket is for what is larger. */
  readonly bounds: readonly number[];
  /** Of each bucket alone, not of those before it. */
  readonly counts: Float64Array;
  /** The last call that was traced, of each bucket. */
  readonly exemplars: (Exemplar | undefined)[];
  sum: number;
}

/** The series of one metric; the values of its labels come in the order of the table. */
export interface Family<Series> {
  of(...values: readonly string[]): Series;
}

/** A sample that is read at the scrape: the values of its labels, and its own. */
export type Sample = readonly [labels: readonly string[], value: number];

type Kind = (typeof metrics)[MetricName]['kind'];
type NamesOf<K extends Kind> = {
  [Name in MetricName]: (typeof metrics)[Name]['kind'] extends K ? Name : never;
}[MetricName];

/** All that a process tells. */
export interface Registry {
  counter(name: NamesOf<'counter'>): Family<Counter>;
  histogram(name: NamesOf<'histogram'>): Family<Histogram>;
  /** `read` is called at each scrape. Several of one metric are shown together. */
  read(name: NamesOf<'counter' | 'gauge'>, read: () => Iterable<Sample>): void;
  /** Of one metric, as it is now. */
  seriesOf(name: MetricName): Iterable<Counter | Histogram>;
}

/** Series of one metric. More are counted as one, whose labels are all `_OTHER`. */
export const seriesMax = 20_000;

/** What stands for values that are not told apart. */
export const other = '_OTHER';

const escaped = (value: string): string =>
  /[\\\n"]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"') : value;

/** `model="x",version="1"`, as the text has it; '' without labels. */
export const labelText = (names: readonly string[], values: readonly string[]): string =>
  names.map((name, index) => `${name}="${escaped(values[index] ?? '')}"`).join(',');

export function createRegistry(): Registry {
  const families = new Map<MetricName, Map<string, Counter | Histogram>>();
  const reads = new Map<MetricName, (() => Iterable<Sample>)[]>();
  const familyOf = <Series extends Counter | Histogram>(
    name: MetricName,
    create: (labels: string, values: readonly string[]) => Series,
  ): Family<Series> => {
    const known = (families.get(name) ?? new Map()) as Map<string, Series>;
    families.set(name, known);
    const names = metrics[name].labels;
    const others = names.map(() => other);
    const getOrCreate = (values: readonly string[]): Series => {
      const key = values.join('\n');
      const series = known.get(key);
      if (series) return series;
      if (known.size >= seriesMax && values !== others) return getOrCreate(others);
      const made = create(labelText(names, values), values);
      known.set(key, made);
      return made;
    };
    return { of: (...values) => getOrCreate(values) };
  };
  return {
    counter: (name) => familyOf(name, (labels, values): Counter => ({ labels, values, value: 0 })),
    histogram: (name) =>
      familyOf(name, (labels, values) => createHistogram({ labels, values }, bucketsOf(metrics[name]))),
    read: (name, read) => void reads.set(name, [...(reads.get(name) ?? []), read]),
    *seriesOf(name) {
      yield* families.get(name)?.values() ?? [];
      const { labels } = metrics[name];
      for (const read of reads.get(name) ?? [])
        for (const [values, value] of read()) yield { labels: labelText(labels, values), values, value };
    },
  };
}

const createHistogram = (labelled: Labelled, bounds: readonly number[]): Histogram => ({
  ...labelled,
  bounds,
  counts: new Float64Array(bounds.length + 1),
  exemplars: [],
  sum: 0,
});

/** `traceId`: of a call that is traced, undefined of others. */
export function observe(histogram: Histogram, value: number, traceId?: string): void {
  const { bounds, counts, exemplars } = histogram;
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
  counts[bucket] = (counts[bucket] as number) + 1;
  histogram.sum += value;
  if (traceId !== undefined) exemplars[bucket] = { traceId, value, atMs: Date.now() };
}
