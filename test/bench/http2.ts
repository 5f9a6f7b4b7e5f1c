/** Our HTTP/2 beside Node's: both send back 100 bytes to the same client. Alone: `node test/bench/http2.ts`. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createSelfSigned } from '../support/certificates.ts';
import type { EchoLoad, EchoResult } from './http2-load.ts';

const rounds = 3;
const warmUpSeconds = 1;

export interface EchoRow {
  readonly what: string;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuUs: number;
}

export interface EchoPair {
  readonly ours: EchoRow;
  readonly node: EchoRow;
}

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly isTls: boolean;
}

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const ask = async <T>(child: ChildProcess, question: unknown): Promise<T> => {
  const answer = once(child, 'message');
  child.send(question as object);
  const [told] = (await answer) as [T & { error?: string }];
  if (told.error) throw new Error(told.error);
  return told;
};

async function start(kind: string, tls: readonly string[]): Promise<Server> {
  const child = fork(path('http2-echo.ts'), [kind, ...tls]);
  const [port] = (await once(child, 'message')) as [number];
  return { child, port, isTls: tls.length > 0 };
}

/** Both servers take turns, plain and with TLS, with 1 and 32 calls in flight. Medians of three rounds. */
export async function measureHttp2(seconds: number): Promise<EchoPair[]> {
  const { certificate, key } = await createSelfSigned();
  const client = fork(path('http2-load.ts'));
  const servers: Server[] = [];
  try {
    const pairs: EchoPair[] = [];
    for (const tls of [[], [certificate, key]]) {
      const pair = await Promise.all([start('ours', tls), start('node', tls)]);
      servers.push(...pair);
      for (const inFlight of [1, 32]) pairs.push(await measurePair(client, pair, inFlight, seconds));
    }
    return pairs;
  } finally {
    for (const child of [client, ...servers.map(({ child: server }) => server)]) child.disconnect();
  }
}

async function measurePair(
  client: ChildProcess,
  [ours, node]: readonly [Server, Server],
  inFlight: number,
  seconds: number,
): Promise<EchoPair> {
  const rows = { ours: [] as EchoRow[], node: [] as EchoRow[] };
  for (let round = -1; round < rounds; round++) {
    const one = await measure(client, ours, inFlight, round < 0 ? warmUpSeconds : seconds);
    const other = await measure(client, node, inFlight, round < 0 ? warmUpSeconds : seconds);
    if (round < 0) continue;
    rows.ours.push(one);
    rows.node.push(other);
  }
  return { ours: median(rows.ours), node: median(rows.node) };
}

async function measure(
  client: ChildProcess,
  { child, port, isTls }: Server,
  inFlight: number,
  seconds: number,
): Promise<EchoRow> {
  const before = await ask<NodeJS.CpuUsage>(child, 'cpu');
  const load: EchoLoad = { port, isTls, inFlight, seconds };
  const result = await ask<EchoResult>(client, load);
  const after = await ask<NodeJS.CpuUsage>(child, 'cpu');
  return {
    what: `${isTls ? 'TLS, ' : ''}${inFlight} in flight`,
    callsPerSecond: result.calls / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuUs: (after.user + after.system - before.user - before.system) / result.calls,
  };
}

const median = (rows: readonly EchoRow[]): EchoRow =>
  rows.toSorted((a, b) => a.callsPerSecond - b.callsPerSecond)[Math.floor(rows.length / 2)] as EchoRow;

/** Rows of a table, and its head. */
export function http2Table(pairs: readonly EchoPair[]): string[][] {
  const row = ({ ours, node }: EchoPair): string[] => [
    ours.what,
    `${ours.callsPerSecond.toFixed(0)}/s, ${(ours.callsPerSecond / node.callsPerSecond).toFixed(1)} x`,
    `${ours.p50Ms.toFixed(3)} ms, ${(ours.p50Ms / node.p50Ms).toFixed(2)} x`,
    `${ours.p99Ms.toFixed(2)} ms, ${(ours.p99Ms / node.p99Ms).toFixed(2)} x`,
    `${ours.cpuUs.toFixed(1)} us, ${(ours.cpuUs / node.cpuUs).toFixed(2)} x`,
  ];
  return [
    ['our HTTP/2 against node:http2, an echo of 100 bytes', 'calls', 'p50', 'p99', 'CPU a call'],
    ...pairs.map(row),
  ];
}

if (import.meta.main) for (const row of http2Table(await measureHttp2(2))) console.log(row.join('   '));
