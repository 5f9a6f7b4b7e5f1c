/** `npm run bench`: everything side by side in one go, as ratios. --quick measures once, and shorter. */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { progressBar, startMesh, table } from '@sheaf/cli';
import { type Tensor, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { writeFolder } from '../support/mesh-folder.ts';
import { type Load, type Measured, nativeClient, nativeLoad, ownLoad } from './load.ts';
import { perceptron } from './models.ts';

const quick = process.argv.includes('--quick');
const seconds = quick ? 1 : 2;
const rounds = quick ? 1 : 3;
const results = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));

const large = perceptron(1024, 2048, 2048, 1000);
const small = perceptron(64, 128, 10);
const stage = perceptron(64, 128, 64);

const stages = ['one', 'two', 'three'].map(
  (name, index, all) =>
    `  ${name}: { model: stage-${name}, inputs: { x: ${index === 0 ? 'x' : `${all[index - 1]}.y`} } }`,
);
const folder = await writeFolder({
  'models/large': large,
  'models/large-alone': large,
  'models/large-alone/model.yaml': 'batching: false\n',
  'models/small': small,
  'models/stage-one': stage,
  'models/stage-two': stage,
  'models/stage-three': stage,
  'pipelines/chain.yaml': `pipeline: chain\ninputs: { x: { datatype: FP32, shape: [-1, 64] } }\nstages:\n${stages.join('\n')}\noutputs: { y: three.y }\n`,
});
const { mesh } = await readMesh(folder);
if (!mesh) throw new Error('the mesh of the bench is broken');
const running = await startMesh(mesh, { port: 0, onEvent: () => {} });
const all = [running.gateway, ...running.services];
const service = (name: string) => running.services.find((candidate) => candidate.name === name) ?? running.gateway;

const rowOf = (columns: number): Tensor =>
  tensorOf(
    'x',
    'FP32',
    [1, columns],
    Float32Array.from({ length: columns }, (_, at) => Math.sin(at)),
  );
const wide = rowOf(1024);
const narrow = rowOf(64);

async function raw(model: string, columns: number, batch: number): Promise<Measured> {
  const script = fileURLToPath(new URL('./raw.ts', import.meta.url));
  const file = `${folder}/models/${model}/1/model.onnx`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    file,
    `${columns}`,
    `${batch}`,
    `${seconds}`,
  ]);
  return { callsPerSecond: Number(stdout), cpuSecondsPer1000: undefined };
}

/** One row of the table: measured, then told as a ratio to another row. */
interface Row {
  readonly name: string;
  /** Undefined where it cannot be measured here. */
  readonly measure: (() => Promise<Measured>) | undefined;
  readonly against?: string;
}

/** Bytes of an answer's tensor: no answer is shorter. */
const answerBytes: Readonly<Record<string, number>> = { large: 4000, 'large-alone': 4000, small: 40, chain: 256 };

function native(at: { readonly port: number; readonly pid: number }, model: string, input: Tensor, inFlight: number) {
  const load: Load = { port: at.port, model, input, inFlight, seconds, pids: [at.pid] };
  return nativeClient ? () => nativeLoad(folder, load, answerBytes[model] ?? 0) : undefined;
}
const own = (transport: 'unary' | 'stream') => () =>
  ownLoad(transport, {
    port: service('small').port,
    model: 'small',
    input: narrow,
    inFlight: 32,
    seconds,
    pids: [service('small').pid, process.pid],
  });

const rows: readonly Row[] = [
  ...[1, 8, 32, 128].map(
    (batch): Row => ({ name: `2 ms model, raw runtime, batch ${batch}`, measure: () => raw('large', 1024, batch) }),
  ),
  ...[1, 32, 128].map(
    (inFlight): Row => ({
      name: `2 ms model, model server, ${inFlight} in flight`,
      measure: native(service('large'), 'large', wide, inFlight),
      against: `2 ms model, raw runtime, batch ${inFlight === 1 ? 1 : 32}`,
    }),
  ),
  {
    name: '2 ms model, batching off, 32 in flight',
    measure: native(service('large-alone'), 'large-alone', wide, 32),
    against: '2 ms model, model server, 32 in flight',
  },
  { name: '20 us model, model server, 32 in flight', measure: native(service('small'), 'small', narrow, 32) },
  {
    name: '20 us model, gateway, 32 in flight',
    measure: native(running.gateway, 'small', narrow, 32),
    against: '20 us model, model server, 32 in flight',
  },
  {
    name: 'pipeline of three 20 us stages, 16 in flight',
    measure: native(running.gateway, 'chain', narrow, 16),
    against: '20 us model, gateway, 32 in flight',
  },
  { name: '20 us model, our client, a call each', measure: own('unary') },
  {
    name: '20 us model, our client, mesh stream',
    measure: own('stream'),
    against: '20 us model, our client, a call each',
  },
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const measured = new Map<string, Measured[]>();
const bar = progressBar('measurements', rows.length * rounds);
try {
  // Round by round, so that what else the machine does meets all rows alike.
  for (let round = 0; round < rounds; round++)
    for (const { name, measure } of rows) {
      if (measure) measured.set(name, [...(measured.get(name) ?? []), await measure()]);
      bar.tick();
    }
} finally {
  bar.end();
  await running.stop();
  await rm(folder, { recursive: true });
}

const rate = (name: string): number => median((measured.get(name) ?? []).map(({ callsPerSecond }) => callsPerSecond));
const lines = rows.map(({ name, against }) => {
  const rates = (measured.get(name) ?? []).map(({ callsPerSecond }) => callsPerSecond);
  const cpu = median((measured.get(name) ?? []).flatMap(({ cpuSecondsPer1000 }) => cpuSecondsPer1000 ?? []));
  return {
    name,
    perSecond: rate(name),
    spread: [Math.min(...rates), Math.max(...rates)],
    cpuSecondsPer1000: cpu,
    ratio: against === undefined ? undefined : { to: against, value: rate(name) / rate(against) },
  };
});
if (!nativeClient) console.log('h2load is not installed (Debian: nghttp2-client): rows that need it are left out');
console.log(
  table([
    ['', 'rows/s', 'from - to', 'CPU s per 1,000', 'ratio'],
    ...lines
      .filter(({ perSecond }) => Number.isFinite(perSecond))
      .map(({ name, perSecond, spread, cpuSecondsPer1000, ratio }) => [
        name,
        perSecond.toFixed(0),
        spread.map((value) => value.toFixed(0)).join(' - '),
        Number.isFinite(cpuSecondsPer1000) ? cpuSecondsPer1000.toFixed(3) : '',
        ratio ? `${ratio.value.toFixed(2)} x ${ratio.to}` : '',
      ]),
  ]),
);
await mkdir(results, { recursive: true });
await writeFile(
  `${results}result.json`,
  `${JSON.stringify({ seconds, rounds, nativeClient, processes: all.length, lines }, null, 2)}\n`,
);
console.log(`\nwritten: .cache/bench/result.json`);
process.exit(0);
