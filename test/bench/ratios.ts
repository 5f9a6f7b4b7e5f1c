/** What servers of ours take beside a bare `node:http2` echo, in one run and by one client. Alone: `node test/bench/ratios.ts`. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defaultLimits, tensorOf } from '@sheaf/inference';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { type RunningMesh, startMesh } from '@sheaf/supervisor';
import { table } from '@sheaf/terminal';
import { ask, createRemote } from '@sheaf/transport';
import { createSelfSigned } from '../support/certificates.ts';
import { writeFolder } from '../support/mesh-folder.ts';
import { programs } from '../support/programs.ts';
import { openDelayProxy } from './delay-proxy.ts';
import type { EchoLoad, EchoResult } from './http2-load.ts';
import { largeLoad } from './large-load.ts';
import { cpuSeconds, ownLoad, requestFrame } from './load.ts';
import { perceptron } from './models.ts';
import type { RatioServerAddress } from './ratio-server.ts';
import { type RatioFigures, type RatioRowName, ratioTable } from './ratio-table.ts';

const rounds = 3;
const roundTripMs = 10;
/** A message of 101 bytes, and one of 600 KB. */
const small = tensorOf('x', 'FP32', [1, 19], new Float32Array(19));
const large = tensorOf('x', 'FP32', [1, 150_000], new Float32Array(150_000));
/** What the policies of the bench let everybody ask who has the key. */
const model = 'digits';
const modelInput = tensorOf('x', 'FP32', [1, 64], new Float32Array(64));
const emptyMessage = Buffer.alloc(5).toString('base64');
const live = '/inference.GRPCInferenceService/ServerLive';

const meshFiles = {
  'models/small': perceptron(64, 128, 10),
  'models/spent': perceptron(64, 128, 10),
  'policies.yaml': [
    // What is measured is the refusal, not that there are too many.
    'identity: { anonymous: { tenant: bench }, throttle: false }',
    'limits:',
    '  - { name: wide, rate: 1000000/s, burst: 1000000, models: [small] }',
    '  - { name: hourly, rate: 1/h, models: [spent] }',
    '',
  ].join('\n'),
};

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly pid: number;
  readonly key: string;
}

type Measure = (seconds: number) => Promise<RatioFigures>;

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

async function start(file: string, ...args: string[]): Promise<Running> {
  const child = fork(path(file), args);
  const [told] = (await once(child, 'message')) as [RatioServerAddress | number];
  const address = typeof told === 'number' ? { port: told, key: '' } : told;
  return { child, pid: child.pid ?? 0, ...address };
}

/** Medians of three rounds, in which all rows take turns. */
export async function measureRatios(seconds: number): Promise<Map<RatioRowName, RatioFigures>> {
  const { certificate, key } = await createSelfSigned();
  const folder = await writeFolder({ ...meshFiles, 'tls.crt': certificate, 'tls.key': key });
  const { mesh, problems } = await readMesh(folder);
  if (!mesh) throw new Error(problems.map(formatProblem).join('\n'));
  const running = await startMesh(mesh, { programs, port: 0, onEvent: () => {} });
  const client = fork(path('http2-load.ts'));
  const [node, nodeTls, ours, oursTls, meshServer, grpcJs] = await Promise.all([
    start('http2-echo.ts', 'node'),
    start('http2-echo.ts', 'node', certificate, key),
    start('ratio-server.ts', 'public'),
    start('ratio-server.ts', 'public', `${folder}/tls.crt`, `${folder}/tls.key`),
    start('ratio-server.ts', 'mesh'),
    start('ratio-server.ts', 'grpc-js'),
  ]);
  const servers = { node, nodeTls, ours, oursTls, meshServer, grpcJs };
  const proxies = await Promise.all([node, ours].map(({ port }) => openDelayProxy(port, roundTripMs)));
  try {
    await spendLimit(running.gateway.port);
    const delayed = { node: proxies[0]?.port ?? 0, ours: proxies[1]?.port ?? 0 };
    return await inTurns({ ...smallRows(client, servers, running), ...largeRows(servers, delayed) }, seconds);
  } finally {
    for (const proxy of proxies) proxy.close();
    for (const child of [client, ...Object.values(servers).map((server) => server.child)]) child.disconnect();
    await running.stop();
    await rm(folder, { recursive: true });
  }
}

/** The one call an hour. */
async function spendLimit(port: number): Promise<void> {
  const gateway = createRemote(`127.0.0.1:${port}`, { service: 'gateway', limits: defaultLimits, transport: 'unary' });
  await ask(gateway, 'spent', [modelInput]);
  gateway.close();
}

type Servers = Readonly<Record<'node' | 'nodeTls' | 'ours' | 'oursTls' | 'meshServer' | 'grpcJs', Running>>;

function smallRows(client: ChildProcess, servers: Servers, mesh: RunningMesh) {
  const { node, nodeTls, ours, oursTls, meshServer, grpcJs } = servers;
  const { gateway, secret } = mesh;
  const service = mesh.services.find(({ name }) => name === 'small') ?? gateway;
  const by = (
    { port, pid }: { readonly port: number; readonly pid: number },
    inFlight: number,
    load: Partial<EchoLoad>,
  ): Measure => {
    return async (seconds) => {
      const before = cpuSeconds([pid]) ?? Number.NaN;
      const answer = once(client, 'message');
      client.send({ port, isTls: false, inFlight, seconds, ...load });
      const [told] = (await answer) as [EchoResult & { error?: string }];
      if (told.error) throw new Error(told.error);
      const spent = (cpuSeconds([pid]) ?? Number.NaN) - before;
      return { callsPerSecond: told.calls / told.seconds, p50Ms: told.p50Ms, cpuUs: (spent * 1e6) / told.calls };
    };
  };
  const message = requestFrame(model, small).toString('base64');
  const withKey = ({ key }: Running) => ({ message, fields: [['x-api-key', key]] as const });
  const liveOf = ({ key }: Running) => ({
    path: live,
    message: emptyMessage,
    answer: 'message' as const,
    ...(key && { fields: [['x-api-key', key]] as const }),
  });
  const asks = (name: string) => ({ message: requestFrame(name, modelInput).toString('base64') });
  return {
    'bare echo, 1': by(node, 1, { message }),
    'bare echo, 32': by(node, 32, { message }),
    'echo, 1': by(ours, 1, withKey(ours)),
    'echo, 32': by(ours, 32, withKey(ours)),
    'live of grpc-js': by(grpcJs, 32, liveOf(grpcJs)),
    live: by(ours, 32, liveOf(ours)),
    'refused, 32': by(gateway, 32, { ...asks('spent'), answer: 'refusal' }),
    'bare echo by TLS, 32': by(nodeTls, 32, { message, isTls: true }),
    'echo by TLS, 32': by(oursTls, 32, { ...withKey(oursTls), isTls: true }),
    'service, 1': by(service, 1, {
      ...asks('small'),
      answer: 'message',
      fields: [['authorization', `Bearer ${secret}`]],
    }),
    'gateway, 1': by(gateway, 1, { ...asks('small'), answer: 'message' }),
    'gateway, 32': by(gateway, 32, { ...asks('small'), answer: 'message' }),
    'mesh stream, 32': (seconds: number) => meshStream(meshServer, seconds),
  } satisfies Partial<Record<RatioRowName, Measure>>;
}

/** The CPU is that of both sides, and this process is the other one. */
async function meshStream({ port, pid }: Running, seconds: number): Promise<RatioFigures> {
  const load = { port, secret: undefined, model, input: small, inFlight: 32, seconds, pids: [pid, process.pid] };
  const { rowsPerSecond, p50Ms, cpuSecondsPer1000 = Number.NaN } = await ownLoad('stream', load);
  return { callsPerSecond: rowsPerSecond, p50Ms, cpuUs: cpuSecondsPer1000 * 1_000 };
}

function largeRows({ node, ours }: Servers, delayed: { readonly node: number; readonly ours: number }) {
  const message = requestFrame(model, large);
  const by = (port: number, { pid, key }: Running): Measure => {
    return async (seconds) => {
      const before = cpuSeconds([pid]) ?? Number.NaN;
      const times = await largeLoad({ port, message, fields: key ? [['x-api-key', key]] : [], seconds });
      const spent = (cpuSeconds([pid]) ?? Number.NaN) - before;
      const p50Ms = times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
      const total = times.reduce((sum, ms) => sum + ms, 0);
      return { callsPerSecond: (times.length * 1_000) / total, p50Ms, cpuUs: (spent * 1e6) / times.length };
    };
  };
  return {
    'bare echo of 600 KB': by(node.port, node),
    'echo of 600 KB': by(ours.port, ours),
    'bare echo of 600 KB, 10 ms away': by(delayed.node, node),
    'echo of 600 KB, 10 ms away': by(delayed.ours, ours),
  } satisfies Partial<Record<RatioRowName, Measure>>;
}

async function inTurns(
  rows: Readonly<Record<RatioRowName, Measure>>,
  seconds: number,
): Promise<Map<RatioRowName, RatioFigures>> {
  const measured = new Map<RatioRowName, RatioFigures[]>();
  const names = Object.keys(rows) as RatioRowName[];
  for (let round = -1; round < rounds; round++)
    for (const name of names) {
      const figures = await rows[name](seconds);
      if (round >= 0) measured.set(name, [...(measured.get(name) ?? []), figures]);
    }
  return new Map(names.map((name) => [name, median(measured.get(name) ?? [])]));
}

const median = (all: readonly RatioFigures[]): RatioFigures =>
  all.toSorted((a, b) => a.callsPerSecond - b.callsPerSecond)[all.length >> 1] as RatioFigures;

if (import.meta.main) console.log(table(ratioTable(await measureRatios(1))));
