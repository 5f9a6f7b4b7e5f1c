/** A mesh of real processes that faults are done to: a gateway, and services that are ours to kill, stop, or reach through a bad link. */
import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProcessMessage } from '@sheaf/host';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import { type Supervised, supervise } from '@sheaf/supervisor';
import { createRemote, type Remote } from '@sheaf/transport';
import { type Files, writeFolder } from '../support/mesh-folder.ts';
import { secretFile, secretLine } from '../support/mesh-secret.ts';
import { programs } from '../support/programs.ts';
import { type FaultProxy, openFaultProxy } from './proxy.ts';
import { type BreakerTransition, monotonicMs, type Sample, type StageRun } from './record.ts';
import type { Policy } from './row.ts';

const sampleEveryMs = 1_000;
const runsLog = 'runs.log';

/** Works for `x[0]` microseconds, without a CPU, and logs that it began with call `x[1]`. */
const transform = (pure: boolean): string => `import { appendFileSync } from 'node:fs';
import { defineTransform } from '@sheaf/inference';
const log = new URL('./${runsLog}', import.meta.url);
const pair = { datatype: 'INT64', shape: [2] } as const;
export default defineTransform({ inputs: { x: pair }, outputs: { y: pair }, pure: ${pure} }, async ({ x }) => {
  const [us, id] = x.data;
  appendFileSync(log, id + ' ' + Number(process.hrtime.bigint()) / 1e6 + '\\n');
  await new Promise((resolve) => setTimeout(resolve, Number(us) / 1_000));
  return { y: { shape: x.shape, data: x.data } };
});
`;
const pipeline = (name: string): string => `pipeline: ask-${name}
inputs: { x: { datatype: INT64, shape: [2] } }
stages: { ${name}: { transform: ./${name}.ts, inputs: { x: x } } }
outputs: { y: ${name}.y }
`;

/** \`work\` may be asked twice and \`once\` may not; each is a transform of service \`work\`. */
export const workFiles: Files = {
  'work.ts': transform(true),
  'once.ts': transform(false),
  'pipelines/ask-work.yaml': pipeline('work'),
  'pipelines/ask-once.yaml': pipeline('once'),
};

export interface FaultMeshOptions {
  /** Beside mesh.yaml. Default `workFiles`. */
  readonly files?: Files;
  /** Of each of our own services, by name. Default `{ work: 2 }`. */
  readonly replicas?: Readonly<Record<string, number>>;
  /** Services that this process plays: the ports of their servers. */
  readonly stubs?: Readonly<Record<string, readonly number[]>>;
  /** What each service holds, as mesh.yaml has it. Default: `work` has both transforms. */
  readonly services?: string;
  /** Whether the gateway reaches the services through links. Default false. */
  readonly linked?: boolean;
  readonly off?: Policy | undefined;
  /** Node options of all processes. */
  readonly nodeOptions?: string;
}

/** A process of the mesh, whichever runs now. */
export type MeshProcess = Pick<Supervised, 'name' | 'pid' | 'port'>;

export interface FaultMesh extends AsyncDisposable {
  readonly mesh: Mesh;
  /** The gateway, as a client sees it. */
  readonly client: Remote;
  readonly gateway: MeshProcess;
  /** Our own, in the order of their names and numbers. */
  readonly services: readonly MeshProcess[];
  /** Of those and of the stubs; none unless `linked`. */
  readonly links: readonly FaultProxy[];
  /** What became of the services, and when. */
  readonly events: readonly { readonly line: string; readonly at: number }[];
  readonly transitions: readonly BreakerTransition[];
  readonly samples: readonly Sample[];
  /** What the stages began with; undefined when they keep no log. */
  runs(): Promise<readonly StageRun[] | undefined>;
}

export async function startFaultMesh(options: FaultMeshOptions = {}): Promise<FaultMesh> {
  const { files = workFiles, replicas = { work: 2 }, stubs = {}, linked = false, off } = options;
  const { services: held = 'work: { transforms: [work, once], trusted: true }', nodeOptions } = options;
  const resilience = off ? `resilience: { ${off}: false }\n` : '';
  const folder = await writeFolder({
    ...files,
    ...secretFile,
    'mesh.yaml': `services: { ${held} }\n${secretLine}${resilience}`,
  });
  const { mesh, problems } = await readMesh(folder);
  if (!mesh) throw new Error(problems.map(formatProblem).join('\n'));
  const cleanUp: (() => unknown)[] = [() => rm(folder, { recursive: true })];
  const end = async (): Promise<void> => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  };
  const events: { line: string; at: number }[] = [];
  const restoreNodeOptions = setNodeOptions(nodeOptions);
  // What a supervisor starts again later has them too.
  cleanUp.push(restoreNodeOptions);
  try {
    const services = await Promise.all(
      Object.entries(replicas).flatMap(([name, count]) =>
        Array.from({ length: count }, (_, index) =>
          supervise({
            name: `${name}-${index + 1}`,
            module: programs.modelServer,
            args: () => [folder, '--service', name],
            port: 0,
            graceMs: mesh.limits.deadlineMaxMs,
            onEvent: (line) => events.push({ line, at: monotonicMs() }),
          }),
        ),
      ),
    );
    cleanUp.push(() => Promise.all(services.map((service) => service.stop())));
    const own = services.map(({ name, port }) => ({ service: name.replace(/-\d+$/, ''), port }));
    const played = Object.entries(stubs).flatMap(([service, ports]) => ports.map((port) => ({ service, port })));
    const places = [...own, ...played];
    const links = linked ? await Promise.all(places.map(({ port }) => openFaultProxy(port))) : [];
    cleanUp.push(() => links.forEach((link) => void link.close()));
    const endpoints = places.map(({ service, port }, index) => `${service}=127.0.0.1:${links[index]?.port ?? port}`);
    const gateway = await startGateway(folder, endpoints);
    cleanUp.push(() => gateway.stop());
    const client = createRemote(`127.0.0.1:${gateway.port}`, { service: 'gateway', limits: mesh.limits });
    cleanUp.push(() => client.close());
    const samples: Sample[] = [];
    const sampling = setInterval(() => samples.push(...takeSamples([gateway, ...services])), sampleEveryMs);
    cleanUp.push(() => clearInterval(sampling));
    return {
      mesh,
      client,
      gateway,
      services,
      links,
      events,
      transitions: gateway.transitions,
      samples,
      runs: () => readRuns(join(folder, runsLog)),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function setNodeOptions(options: string | undefined): () => void {
  const before = process.env['NODE_OPTIONS'];
  if (options === undefined) return () => {};
  process.env['NODE_OPTIONS'] = options;
  return () => {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  };
}

interface GatewayProcess extends MeshProcess {
  readonly transitions: readonly BreakerTransition[];
  stop(): Promise<void>;
}

/** Without a supervisor: what it writes is read here. */
async function startGateway(folder: string, endpoints: readonly string[]): Promise<GatewayProcess> {
  const args = endpoints.flatMap((endpoint) => ['--endpoint', endpoint]);
  const child = fork(programs.gateway, [folder, '--port', '0', ...args], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const transitions: BreakerTransition[] = [];
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
    const transition = parseTransition(line);
    if (transition) transitions.push(transition);
    else console.error(line);
  });
  const port = await readyPort(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 12_000);
    await ended;
    clearTimeout(timer);
  };
  return { name: 'gateway', pid: child.pid ?? 0, port, transitions, stop };
}

function readyPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the gateway ended before it was ready')));
    child.on('message', (message: ProcessMessage) => {
      if (message.kind === 'ready') resolve(message.port);
      if (message.kind === 'failed') reject(new Error(message.message));
    });
  });
}

/** A line of the gateway's log, such as `breaker of digits/1 at 127.0.0.1:4000 (digits): closed -> open for 1200 ms, for calls of acme alone`. */
export function parseTransition(line: string): BreakerTransition | undefined {
  const [, breaker, from, to, delay = '0', caller] =
    /^(breaker of .+?\)): ([a-z-]+) -> ([a-z-]+)(?: for (\d+) ms)?(?:, for calls of (.+) alone)?$/.exec(line) ?? [];
  if (!breaker || !from || !to) return undefined;
  // Each caller has a breaker of its own.
  const name = caller === undefined ? breaker : `${breaker} of ${caller}`;
  return { breaker: name, from, to, delayMs: Number(delay), at: monotonicMs() };
}

/** As Linux tells them; elsewhere there are none. */
function takeSamples(processes: readonly MeshProcess[]): Sample[] {
  return processes.flatMap(({ name, pid }) => {
    try {
      const [, pages = ''] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
      const handles = readdirSync(`/proc/${pid}/fd`).length;
      return [{ process: `${name} (${pid})`, at: monotonicMs(), memoryBytes: Number(pages) * 4_096, handles }];
    } catch {
      return [];
    }
  });
}

async function readRuns(file: string): Promise<readonly StageRun[] | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text
    ?.trimEnd()
    .split('\n')
    .map((line) => {
      const [id, startedAt] = line.split(' ').map(Number);
      return { id: id as number, startedAt: startedAt as number };
    });
}
