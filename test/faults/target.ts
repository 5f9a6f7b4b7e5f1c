/** What stands under a fault of one connection: a gateway that speaks TLS, a service that does not, and callers who have done nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Load, type Tensor, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { createRemote, type Remote } from '@sheaf/transport';
import { createAuthority } from '../support/certificates.ts';
import { ask, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { secretFile, secretLine, testSecret } from '../support/mesh-secret.ts';
import type { ServerAddress } from './frames.ts';

/** How long a request may take to arrive, and an answer to be read, at these servers. */
export const patienceMs = 2_000;

const pair: Tensor = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

/** One of the servers, as a stranger and as a decent client see it. */
export interface Target {
  readonly name: string;
  readonly address: ServerAddress;
  readonly pid: number;
  /** A client of its own, to be closed by whoever opens it; told how busy the model is with each answer. */
  connect(onLoad?: (load: Load) => void): Remote;
}

export interface Targets extends AsyncDisposable {
  /** TLS. */
  readonly gateway: Target;
  /** Plain text; it wants the secret of the tests. */
  readonly service: Target;
  readonly pids: () => readonly number[];
}

export async function openTargets(): Promise<Targets> {
  const authority = await createAuthority();
  const issued = await authority.issue();
  const files = {
    'models/pair': sampleModels.scale(2),
    'models/bytes': sampleModels.identity('UINT8', ['n']),
    'models/slow': sampleModels.slowLoop(),
    ...secretFile,
    'mesh.yaml': `${secretLine}limits: { requestArrivalMaxMs: ${patienceMs} }\ngateway: { tls: { certificate: tls/gateway.crt, key: tls/gateway.key } }\nservices:\n  all: { models: [pair, bytes, slow] }\n`,
  };
  const mesh = await startTestMesh(files, async (folder) => {
    await mkdir(join(folder, 'tls'));
    await writeFile(join(folder, 'tls/gateway.crt'), issued.certificate);
    await writeFile(join(folder, 'tls/gateway.key'), issued.key);
    await writeFile(join(folder, 'tls/ca.crt'), authority.certificate);
  });
  const [service] = mesh.running.services;
  if (!service) throw new Error('want a service');
  const tls = { ca: join(mesh.mesh.folder, 'tls/ca.crt') };
  const target = (name: string, { port, pid }: { port: number; pid: number }, isTls: boolean): Target => ({
    name,
    address: isTls ? { port, ca: authority.certificate } : { port },
    pid,
    connect: (onLoad = () => {}) =>
      createRemote(`127.0.0.1:${port}`, {
        service: name,
        limits: mesh.mesh.limits,
        ...(isTls ? { tls } : { secret: testSecret }),
        // As strangers ask: by gRPC calls.
        transport: 'unary',
        onLoad,
      }),
  });
  return {
    gateway: target('TLS', mesh.running.gateway, true),
    service: target('plain', service, false),
    pids: () => pidsOf(mesh),
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

const pidsOf = ({ running }: TestMesh): readonly number[] => [
  running.gateway.pid,
  ...running.services.map(({ pid }) => pid),
];

/** One good call; throws when its answer is wrong. */
export async function askWell(remote: Remote): Promise<void> {
  const { byName } = await ask(remote, 'pair', [pair], { timeoutMs: 10_000 });
  const [y] = byName.values();
  if (!y || Buffer.compare(y.data, Buffer.from(Float32Array.of(2, 4).buffer)) !== 0) throw new Error('a wrong answer');
}

/** Whether the next good request on a new connection is answered, and right. */
export async function isRight(target: Target): Promise<boolean> {
  const remote = target.connect();
  try {
    await askWell(remote);
    return true;
  } catch {
    return false;
  } finally {
    remote.close();
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resident memory, in MiB. Linux only, as all that follows. */
export const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** CPU time so far, in ms; counted in ticks of 10 ms. */
export function cpuMs(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) /);
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) * 10;
}

export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Asks well, one call each 5 ms on a connection of its own, and keeps how long each took. */
export class Bystander implements Disposable {
  readonly #remote: Remote;
  #times: number[] = [];
  #failures = 0;
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(target: Target) {
    this.#remote = target.connect();
    this.#done = this.#run();
  }

  /** Of the calls since it was last asked: the 99th percentile in ms, and how many failed. */
  take(): { readonly p99Ms: number; readonly failures: number } {
    const sorted = this.#times.sort((a, b) => a - b);
    const p99Ms = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? Number.NaN;
    const failures = this.#failures;
    this.#times = [];
    this.#failures = 0;
    return { p99Ms, failures };
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#remote.close();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const startedAt = performance.now();
      await askWell(this.#remote).catch(() => {
        if (!this.#isOver) this.#failures++;
      });
      this.#times.push(performance.now() - startedAt);
      await sleep(5);
    }
  }
}
