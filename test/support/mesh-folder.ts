import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type CallContext,
  Journal,
  monotonicClock,
  type Parameter,
  type Tensor,
  trustedCaller,
} from '@sheaf/inference';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import { type RunningMesh, startMesh } from '@sheaf/supervisor';
import { createRemote, type Remote } from '@sheaf/transport';
import { programs } from './programs.ts';
import { checkSchema } from './schemas.ts';

/** Files of a mesh folder: path -> content. `models/m` alone is short for `models/m/1/model.onnx`. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

export async function writeFolder(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-test-'));
  for (const [path, content] of Object.entries(files)) {
    const isModel = /^models\/[^/]+$/.test(path) && !path.endsWith('.onnx');
    const file = join(folder, isModel ? `${path}/1/model.onnx` : path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return folder;
}

export interface TestMesh extends AsyncDisposable {
  readonly mesh: Mesh;
  readonly running: RunningMesh;
  /** The gateway, as a client sees it. */
  readonly gateway: Remote;
  /** A service, as a client sees it that goes round the gateway, and knows the secret. */
  service(name: string): Remote;
  readonly events: readonly string[];
}

/**
 * A mesh of real processes on free ports, from files that the test writes; `prepare` may add to the folder before anything starts. All of it is served, or
 * it throws, unless it is not strict. `loaded`: callers load and unload, and it begins with these.
 */
export async function startTestMesh(
  files: Files,
  prepare: (folder: string) => Promise<unknown> = async () => {},
  isStrict = true,
  loaded?: readonly string[],
): Promise<TestMesh> {
  const folder = await writeFolder(files);
  await prepare(folder);
  const { mesh: whole, servable, problems } = await readMesh(folder, { loaded });
  const mesh = isStrict ? whole : servable;
  if (!mesh) throw new Error(problems.map(formatProblem).join('\n'));
  // What is served without a mistake, editors have to take as well.
  if (whole)
    for (const [file, content] of Object.entries(files)) if (typeof content === 'string') checkSchema(file, content);
  const events: string[] = [];
  const running = await startMesh(mesh, { programs, port: 0, isStrict, onEvent: (line) => events.push(line) });
  const remotes = new Map<string, Remote>();
  const remote = (name: string, port: number, secret?: string): Remote => {
    const opened =
      remotes.get(name) ?? createRemote(`127.0.0.1:${port}`, { service: name, limits: mesh.limits, secret });
    remotes.set(name, opened);
    return opened;
  };
  return {
    mesh,
    running,
    events,
    gateway: remote('gateway', running.gateway.port),
    service: (name) =>
      remote(name, running.services.find((service) => service.name === name)?.port ?? 0, running.secret),
    [Symbol.asyncDispose]: async () => {
      for (const opened of remotes.values()) opened.close();
      await running.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly version?: string;
  readonly outputs?: readonly string[];
  readonly parameters?: Readonly<Record<string, Parameter>>;
}

export function testContext({
  timeoutMs = 30_000,
  signal = new AbortController().signal,
}: CallOptions = {}): CallContext {
  const journal = new Journal();
  const span = journal.start('request', 'test', undefined);
  return {
    clock: monotonicClock,
    deadline: monotonicClock.now() + timeoutMs,
    signal,
    snapshot: { epoch: 0 },
    principal: trustedCaller,
    journal,
    span,
  };
}

/** One inference; answers the outputs by name, and what the answer says of itself. */
export async function ask(remote: Remote, model: string, inputs: readonly Tensor[], options: CallOptions = {}) {
  const { version = '', outputs = [], parameters = {} } = options;
  const response = await remote.infer(
    { model, version, id: 'test', parameters: new Map(Object.entries(parameters)), inputs, outputs },
    testContext(options),
  );
  return { ...response, byName: new Map(response.outputs.map((tensor) => [tensor.name, tensor])) };
}
