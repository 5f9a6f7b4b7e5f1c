/** Reads the text in which a mesh tells its metrics: the format of Prometheus. */

export interface Sample {
  /** As the text has them: those of one series are the same in each reading. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples by name; those of a histogram by `<name>_bucket`, `<name>_sum` and `<name>_count`. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

const linePattern = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPattern = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const escapes: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };
const numbers: Readonly<Record<string, number>> = { '+Inf': Infinity, '-Inf': -Infinity };

/** Leaves out lines that are no samples. */
export function parseMetrics(text: string): Samples {
  const all = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    const [, name, key = '', value = ''] = linePattern.exec(line) ?? [];
    if (name === undefined) continue;
    const samples = all.get(name) ?? [];
    samples.push({ key, labels: labelsOf(key), value: numbers[value] ?? Number(value) });
    all.set(name, samples);
  }
  return all;
}

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(labelPattern)].map(([, name, value = '']) => [
      name,
      value.replace(/\\(.)/g, (whole, escaped: string) => escapes[escaped] ?? whole),
    ]),
  );
