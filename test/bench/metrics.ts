/** What metrics cost: CPU of a call with and without them, and a scrape of a large mesh. Alone: `node test/bench/metrics.ts`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Journal, tensorOf } from '@sheaf/inference';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { type RunningMesh, startMesh } from '@sheaf/supervisor';
import {
  createCallMetrics,
  createJournalMetrics,
  createModelMetrics,
  createRegistry,
  createScrape,
  samplesOf,
} from '@sheaf/telemetry';
import { table } from '@sheaf/terminal';
import type { EndedCall } from '@sheaf/transport';
import { writeFolder } from '../support/mesh-folder.ts';
import { programs } from '../support/programs.ts';
import type { EchoLoad, EchoResult } from './http2-load.ts';
import { cpuSeconds, requestFrame } from './load.ts';
import { perceptron } from './models.ts';

const rounds = 20;
const inFlight = 32;
const models = 1_000;
const tenants = 100;
const scrapes = 10;
const countedCalls = 100_000;
const inferPath = '/inference.GRPCInferenceService/ModelInfer';
const input = tensorOf('x', 'FP32', [1, 64], new Float32Array(64));

export interface MetricsCost {
  /** CPU of the gateway and the service for a call, with metrics and without. Microseconds. */
  readonly onUs: number;
  readonly offUs: number;
  /** Of the two in the same round: the median, and the quarters below and above it. */
  readonly ratio: readonly [low: number, middle: number, high: number];
  /** CPU of what is counted for such a call, in this process. Microseconds. */
  readonly countedUs: number;
  readonly scrape: ScrapeCost;
}

export interface ScrapeCost {
  /** CPU of all of it, and the longest for which nothing else had its turn. Milliseconds. */
  readonly ms: number;
  readonly stretchMs: number;
  readonly bytes: number;
}

/** Medians; the two meshes take turns, so that what else the machine does meets both alike. */
export async function measureMetrics(seconds: number): Promise<MetricsCost> {
  const meshes = await Promise.all([true, false].map(openMesh));
  const client = fork(fileURLToPath(new URL('http2-load.ts', import.meta.url)));
  try {
    const spent = meshes.map((): number[] => []);
    for (let round = -2; round < rounds; round++)
      for (const [index, { running }] of meshes.entries()) {
        const us = await callUs(client, running, seconds);
        if (round >= 0) spent[index]?.push(us);
      }
    const [onUs = Number.NaN, offUs = Number.NaN] = spent.map(median);
    const [on = [], off = []] = spent;
    const ratios = on.map((us, round) => us / (off[round] ?? Number.NaN)).toSorted((a, b) => a - b);
    const at = (share: number): number => ratios[Math.floor(ratios.length * share)] ?? Number.NaN;
    return {
      onUs,
      offUs,
      ratio: [at(0.25), at(0.5), at(0.75)],
      countedUs: measureCounting(),
      scrape: await measureScrape(),
    };
  } finally {
    client.disconnect();
    for (const { running, folder } of meshes) {
      await running.stop();
      await rm(folder, { recursive: true });
    }
  }
}

async function openMesh(metrics: boolean): Promise<{ running: RunningMesh; folder: string }> {
  const folder = await writeFolder({
    'models/small': perceptron(64, 128, 10),
    'mesh.yaml': `gateway: { metrics: ${metrics ? '{ port: 0 }' : 'false'} }\n`,
  });
  const { mesh, problems } = await readMesh(folder);
  if (!mesh) throw new Error(problems.map(formatProblem).join('\n'));
  return { running: await startMesh(mesh, { programs, port: 0, onEvent: () => {} }), folder };
}

async function callUs(client: ReturnType<typeof fork>, running: RunningMesh, seconds: number): Promise<number> {
  const pids = [running.gateway, ...running.services].map(({ pid }) => pid);
  const before = cpuSeconds(pids) ?? Number.NaN;
  const message = requestFrame('small', input).toString('base64');
  const load: EchoLoad = { port: running.gateway.port, isTls: false, inFlight, seconds, message, answer: 'message' };
  const answer = once(client, 'message');
  client.send(load);
  const [told] = (await answer) as [EchoResult & { error?: string }];
  if (told.error) throw new Error(told.error);
  return (((cpuSeconds(pids) ?? Number.NaN) - before) * 1e6) / told.calls;
}

/** A gateway and a service that holds all models, in this process: each makes its text as it would in its own. */
export async function measureScrape(): Promise<ScrapeCost> {
  const [gateway, service] = [largeGateway(), largeService()];
  const options = { labels: 'service="large",replica="1"', openmetrics: true };
  const told = await samplesOf(service, options);
  const scrape = createScrape({
    registry: gateway,
    number: 1,
    processes: () => [{ service: 'large', endpoint: 'here', replica: 1, metrics: async () => told }],
  });
  const costs: ScrapeCost[] = [];
  for (let count = 0; count < scrapes; count++) {
    let bytes = 0;
    const ofGateway = await watched(async () => {
      for (const part of await scrape({ openmetrics: true, withServices: true })) bytes += part.length;
    });
    const ofService = await watched(async () => void (await samplesOf(service, options)));
    const stretchMs = Math.max(ofGateway.stretchMs, ofService.stretchMs);
    costs.push({ ms: ofGateway.ms + ofService.ms, stretchMs, bytes });
  }
  return {
    ms: median(costs.map(({ ms }) => ms)),
    stretchMs: median(costs.map(({ stretchMs }) => stretchMs)),
    bytes: costs[0]?.bytes ?? 0,
  };
}

/** The longest time between two turns of the event loop meanwhile, and all of it: of the CPU, since others may have the machine in between. */
async function watched(work: () => Promise<void>): Promise<{ ms: number; stretchMs: number }> {
  const startedAt = cpuMs();
  const watch = { isOver: false, lastAt: startedAt, stretchMs: 0 };
  const watching = (async () => {
    while (!watch.isOver) {
      await setImmediate();
      const now = cpuMs();
      watch.stretchMs = Math.max(watch.stretchMs, now - watch.lastAt);
      watch.lastAt = now;
    }
  })();
  await work();
  const ms = cpuMs() - startedAt;
  watch.isOver = true;
  await watching;
  return { ms, stretchMs: watch.stretchMs };
}

/** Of this thread. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** What a gateway and a service count for a call of a model: its end, the journals of both, and its run. */
export function measureCounting(): number {
  const [gateway, service] = [createRegistry(), createRegistry()];
  const log = createCallMetrics({ registry: gateway, hasMethod: () => true, isServed: () => true });
  const tries = createJournalMetrics(gateway);
  const { onJournal, onRun } = createModelMetrics(service, [{ name: 'small', version: '1', standing }]);
  const [asked, ran] = [journalOf('try'), journalOf('queue', 'run')];
  const count = (calls: number): number => {
    const startedAt = cpuMs();
    for (let call = 0; call < calls; call++) {
      log.add(endedCall('small', 'one', 'OK'));
      tries.onJournal(asked);
      onJournal(ran);
      onRun('small', '1', { rows: 1, requests: 1, inputMs: 1, inferMs: 1, outputMs: 1, isFailed: false });
    }
    return ((cpuMs() - startedAt) * 1_000) / calls;
  };
  count(countedCalls);
  return count(countedCalls);
}

function journalOf(...kinds: readonly ('try' | 'queue' | 'run')[]): Journal {
  const journal = new Journal();
  const root = journal.start('request', 'bench', undefined);
  for (const kind of kinds)
    journal.end(
      journal.start(kind, 'small', root, { 'sheaf.endpoint': '127.0.0.1:1', 'sheaf.attempt': 1, 'sheaf.run.ms': 1 }),
    );
  journal.end(root, 'OK', undefined, { 'sheaf.model': 'small', 'sheaf.version': '' });
  return journal;
}

const standing = () => ({ waiting: 0, waitingMax: 1, running: 0, runsMax: 1, workers: 1, fixedMs: 0, rowMs: 0 });

const endedCall = (model: string, tenant: string, code: string): EndedCall => ({
  ...{ method: inferPath, address: '', model, version: '', code, reason: '', decision: '' },
  principal: { id: 'one', tenant, roles: ['infer'], models: ['*'] } as never,
  ...{ bytesIn: 100, bytesOut: 100, ms: 1, traceId: 'a'.repeat(32), sampled: true },
});

const nameOf = (index: number): string => `model-${index}`;

function largeGateway() {
  const registry = createRegistry();
  const calls = createCallMetrics({ registry, hasMethod: () => true, isServed: () => true });
  for (let index = 0; index < models; index++)
    for (const code of ['OK', 'RESOURCE_EXHAUSTED', 'CANCELLED', 'INTERNAL'])
      calls.add(endedCall(nameOf(index), `tenant-${index % tenants}`, code));
  return registry;
}

function largeService() {
  const registry = createRegistry();
  const versions = Array.from({ length: models }, (_, index) => ({
    name: nameOf(index),
    version: '1',
    batchability: { batched: true, why: 'its rows do not depend on one another' },
    standing,
  }));
  const { onRun } = createModelMetrics(registry, versions);
  for (const { name } of versions)
    onRun(name, '1', { rows: 1, requests: 1, inputMs: 1, inferMs: 1, outputMs: 1, isFailed: false });
  return registry;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Rows of a table, and its head. */
export function metricsTable({ onUs, offUs, ratio, countedUs, scrape }: MetricsCost): string[][] {
  const [low, middle, high] = ratio.map((one) => one.toFixed(3));
  return [
    ['metrics', '', ''],
    ['a call of a small model, 32 in flight, without them', `${offUs.toFixed(1)} us CPU`, ''],
    ['with them', `${onUs.toFixed(1)} us CPU`, `${middle} x (${low} - ${high})`],
    ['what is counted for it, in process', `${countedUs.toFixed(2)} us CPU`, `${(countedUs / offUs).toFixed(3)} of it`],
    [
      `a scrape of ${models} models and ${tenants} tenants, ${(scrape.bytes / 2 ** 20).toFixed(1)} MiB`,
      `${scrape.ms.toFixed(0)} ms`,
      `longest stretch ${scrape.stretchMs.toFixed(1)} ms`,
    ],
  ];
}

if (import.meta.main) {
  console.log(table(metricsTable(await measureMetrics(1))));
  process.exit(0);
}
