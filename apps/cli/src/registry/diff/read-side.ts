/** A model as it is compared: what its file says, with the weights beside it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGraph, readModel } from '@sheaf/onnx';
import { UsageError } from '../../command.ts';
import type { ModelSide } from './diff-models.ts';

/** `paths`: the files of the version, from `folder`. */
export function readSide(folder: string, paths: readonly string[]): ModelSide {
  const models = paths.filter((path) => /^[^/]+\.onnx$/.test(path));
  const model = models.length === 1 ? models[0] : models.find((path) => path === 'model.onnx');
  if (model === undefined) throw new UsageError(`want one model file in a version, got ${models.join(', ') || 'none'}`);
  const bytes = readFileSync(join(folder, model));
  const beside = new Map<string, Uint8Array>();
  const fileOf = (location: string): Uint8Array => {
    const known = beside.get(location);
    if (known) return known;
    const read = readFileSync(join(folder, location));
    beside.set(location, read);
    return read;
  };
  const { signature } = readModel(bytes);
  const graph = readGraph(bytes, ({ location, offset, length }) => fileOf(location).subarray(offset, offset + length));
  return { signature, graph };
}
