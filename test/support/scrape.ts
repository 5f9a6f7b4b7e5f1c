/** Scrapes the metrics of a mesh, and reads the samples. */
import assert from 'node:assert/strict';

export interface Samples {
  /** All of it. */
  readonly text: string;
  /** The sum of the samples of this name that have these labels. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
  /** The names of samples, each once. */
  readonly names: ReadonlySet<string>;
}

export async function scrape(port: number, accept = 'text/plain'): Promise<Samples> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } });
  assert.equal(answer.status, 200);
  const text = await answer.text();
  const samples = text.split('\n').flatMap((line) => {
    const [, name, own = '', value] = /^([a-z_A-Z0-9:]+)(?:\{(.*?)\})? (\S+)(?: # .*)?$/.exec(line) ?? [];
    if (name === undefined) return [];
    const labels = new Map(
      [...own.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text]),
    );
    return [{ name, labels, value: Number(value) }];
  });
  return {
    text,
    names: new Set(samples.map(({ name }) => name)),
    sum: (name, labels = {}) =>
      samples
        .filter((one) => one.name === name)
        .filter((one) => Object.entries(labels).every(([key, wanted]) => one.labels.get(key) === wanted))
        .reduce((total, { value }) => total + value, 0),
  };
}
