import { fork } from 'node:child_process';
import type { HandoverMessage, ProcessMessage } from '@sheaf/host';
import type { Signature } from '@sheaf/inference';
import { type Mesh, type MeshReading, type ReadOptions, readMesh } from '@sheaf/mesh';
import { serviceEnvironment } from '../process/process-environment.ts';
import { createWorkingFolder } from '../process/working-folder.ts';

export interface TriedModel {
  readonly model: string;
  readonly version: string;
  /** Whether its calls are batched, and why (not); or why it cannot be served. */
  readonly outcome: string;
  readonly failed: boolean;
  /** Its signature, where it takes or gives something else than its file declares. */
  readonly seen?: Signature;
}

/**
 * Reads a folder, and has all of its models run where nothing but pipelines may be wrong: these are then judged by what the models took and gave, since
 * files declare shapes that are not true. `module` is the program that tries them.
 */
export async function readTried(
  module: URL,
  folder: string,
  onTried: (tried: TriedModel, total: number) => void,
  options: ReadOptions = {},
): Promise<MeshReading> {
  const reading = await readMesh(folder, options);
  const { servable, problems } = reading;
  if (!servable || problems.some(({ file }) => !file.startsWith('pipelines/'))) return reading;
  const total = servable.models.reduce((sum, { versions }) => sum + versions.length, 0);
  const seen = new Map<string, Signature>();
  await tryModels(module, servable, (tried) => {
    if (tried.seen) seen.set(`${tried.model}/${tried.version}`, tried.seen);
    onTried(tried, total);
  });
  return seen.size > 0 ? readMesh(folder, { ...options, seen }) : reading;
}

/** Loads and runs every version of every model of a mesh, as its service would, in a process of its own: a model may end it. */
async function tryModels(module: URL, mesh: Mesh, onTried: (tried: TriedModel) => void): Promise<void> {
  const all = mesh.models.flatMap(({ name, versions }) => versions.map(({ version }) => ({ model: name, version })));
  for (let done = 0; done < all.length; ) {
    const { count, how } = await tryFrom(module, mesh, done, onTried);
    done += count;
    const next = all[done];
    if (!next) return;
    onTried({ ...next, outcome: `it ends the process that loads it (${how})`, failed: true });
    done++;
  }
}

/** Answers how many were tried until the process ended, and how it ended. */
function tryFrom(
  module: URL,
  mesh: Mesh,
  skip: number,
  onTried: (tried: TriedModel) => void,
): Promise<{ readonly count: number; readonly how: string }> {
  const folder = createWorkingFolder();
  const tried = new Promise<{ count: number; how: string }>((resolve, reject) => {
    // The process tells everything by message; the runtime and the loader would log it as well.
    const child = fork(module, ['--skip', String(skip)], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      env: serviceEnvironment(),
      cwd: folder.path,
    });
    child.send({ kind: 'handover', what: mesh } satisfies HandoverMessage<Mesh>, () => {});
    let count = 0;
    let how = '';
    child.on('message', (message: ProcessMessage) => {
      if (message.kind === 'failed') reject(new Error(message.message));
      if (message.kind === 'ending') how = message.why;
      if (message.kind !== 'tried') return;
      count++;
      onTried(message);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ count, how: how || (signal ?? `exit code ${code}`) }));
  });
  return tried.finally(folder.remove);
}
