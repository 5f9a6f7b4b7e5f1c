/** What traces cost: the same small model behind gateways that send none, a tenth, and all, 32 calls in flight, in turn. Alone: `node test/bench/traces.ts`. */
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Tensor, tensorOf } from '@sheaf/inference';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { type RunningMesh, startMesh } from '@sheaf/supervisor';
import { table } from '@sheaf/terminal';
import { writeFolder } from '../support/mesh-folder.ts';
import { programs } from '../support/programs.ts';
import { type Measured, nativeClient, nativeLoad } from './load.ts';
import { perceptron } from './models.ts';

const input: Tensor = tensorOf('x', 'FP32', [1, 64], new Float32Array(64));
const inFlight = 32;
const answerBytes = 40;
/** What is done with a tenth of the calls takes ten times as long until the compilers of Node are done with it. */
const warmUps = 5;

const share = (ratio: string, kept = '10') => ({
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_TRACES_SAMPLER_ARG: ratio,
  SHEAF_KEPT_TRACES: kept,
});

/** By what is sent; the first is what the others are held against. */
const kinds: readonly (readonly [string, Readonly<Record<string, string>> | undefined])[] = [
  ['no traces', undefined],
  ['a tenth, and what goes badly', share('0.1')],
  ['a tenth', share('0.1', '0')],
  ['all', share('1')],
];

interface Kind {
  readonly name: string;
  readonly running: RunningMesh;
  readonly rounds: Measured[];
}

/** The rows of a table. */
export async function measureTraces(rounds: number, seconds: number): Promise<string[][]> {
  const head = ['traces sent, 32 in flight', 'p50 ms', 'p99 ms', 'CPU us a call', 'p99', 'CPU'];
  if (!nativeClient) return [head, ['h2load is not installed', '', '', '', '', '']];
  const folder = await writeFolder({ 'models/small': perceptron(64, 128, 10) });
  const collector = createServer((request, response) => void request.resume().once('end', () => response.end()));
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const opened: Kind[] = [];
  try {
    for (const [name, variables] of kinds)
      opened.push({ name, running: await start(folder, variables, endpoint), rounds: [] });
    for (let round = -warmUps; round < rounds; round++)
      for (const kind of opened) {
        const measured = await load(folder, kind.running, seconds);
        if (round >= 0) kind.rounds.push(measured);
      }
    return [head, ...rowsOf(opened)];
  } finally {
    for (const { running } of opened) await running.stop();
    collector.closeAllConnections();
    collector.close();
    await rm(folder, { recursive: true });
  }
}

async function start(
  folder: string,
  variables: Readonly<Record<string, string>> | undefined,
  endpoint: string,
): Promise<RunningMesh> {
  const { mesh, problems } = await readMesh(folder);
  if (!mesh) throw new Error(problems.map(formatProblem).join('\n'));
  const set = variables ? { ...variables, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } : {};
  Object.assign(process.env, set);
  try {
    return await startMesh(mesh, { programs, port: 0, onEvent: () => {} });
  } finally {
    for (const name of Object.keys(set)) delete process.env[name];
  }
}

const load = (folder: string, { gateway, services }: RunningMesh, seconds: number): Promise<Measured> =>
  nativeLoad(
    folder,
    {
      ...{ port: gateway.port, secret: undefined, model: 'small', input, inFlight, seconds },
      pids: [gateway, ...services].map(({ pid }) => pid),
    },
    answerBytes,
  );

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function rowsOf(opened: readonly Kind[]): string[][] {
  const figures = opened.map(({ name, rounds }) => ({
    name,
    p50: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99: median(rounds.map(({ p99Ms }) => p99Ms)),
    cpu: median(rounds.map(({ cpuSecondsPer1000 = Number.NaN }) => cpuSecondsPer1000 * 1_000)),
  }));
  const [base] = figures;
  return figures.map(({ name, p50, p99, cpu }) => [
    name,
    p50.toFixed(2),
    p99.toFixed(2),
    cpu.toFixed(0),
    `${(p99 / (base?.p99 ?? Number.NaN)).toFixed(2)} x`,
    `${(cpu / (base?.cpu ?? Number.NaN)).toFixed(2)} x`,
  ]);
}

if (import.meta.main) {
  console.log(table(await measureTraces(7, 2)));
  process.exit(0);
}
