import { createHash } from 'node:crypto';
import type { Tensor } from './tensor.ts';

/** SHA-256, hex, of what a model version is asked: two requests that a run cannot tell apart have the same. */
export function requestDigest(model: string, version: string, inputs: readonly Tensor[]): string {
  const sorted = inputs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const head = sorted.map(({ name, datatype, shape, data }) => [name, datatype, shape, data.byteLength]);
  const hash = createHash('sha256').update(JSON.stringify([model, version, head]));
  for (const { data } of sorted) hash.update(data);
  return hash.digest('hex');
}
