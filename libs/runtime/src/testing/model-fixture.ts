/** Model files on the disk, for tests. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Tensor } from '@sheaf/inference';
import { type ModelFacts, readModel } from '@sheaf/onnx';
import { queueDefault } from '../scheduler/call-queue.ts';
import { type ModelOptions, openModel } from '../served-version.ts';
import type { ModelFile, ModelFiles } from '../session/model-files.ts';
import { contextOf } from './scheduler-fixture.ts';

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes a model, and the files that it keeps weights in, into a folder of their own, which goes with the process. */
export async function filesOf(
  model: Uint8Array,
  others: Readonly<Record<string, Uint8Array>> = {},
): Promise<ModelFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-model-'));
  folders.push(folder);
  const write = async (path: string, bytes: Uint8Array): Promise<ModelFile> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  const rest = await Promise.all(Object.entries(others).map(([path, bytes]) => write(path, bytes)));
  return { folder, files: [await write('model.onnx', model), ...rest] };
}

/** What the tests of a single worker open a model with. */
export const alone = {
  name: 'm',
  version: '1',
  instances: 1,
  intraOpThreads: 1,
  providers: ['cpu'],
  memory: undefined,
  batching: undefined,
  runLimitMs: 60_000,
  queue: queueDefault,
  outputBytesMax: 2 ** 24,
  onStuck: () => {},
  onOverrun: () => {},
} as const satisfies Partial<ModelOptions>;

export interface TestModel {
  readonly facts: ModelFacts;
  readonly ask: (inputs: readonly Tensor[], outputs?: readonly string[]) => Promise<readonly Tensor[]>;
}

/** Opens a model as a service does, has `use` ask it, and closes it. */
export async function withModel(
  bytes: Uint8Array,
  use: (model: TestModel, files: ModelFiles) => Promise<void>,
  others: Readonly<Record<string, Uint8Array>> = {},
): Promise<void> {
  const facts = readModel(bytes);
  const files = await filesOf(bytes, others);
  const served = await openModel({ ...alone, signature: facts.signature, model: files });
  const ask: TestModel['ask'] = async (inputs, outputs = []) => {
    const request = { model: 'm', version: '', id: '', parameters: new Map(), inputs, outputs };
    return (await served.infer(request, contextOf())).outputs;
  };
  await use({ facts, ask }, files).finally(() => served.close());
}
