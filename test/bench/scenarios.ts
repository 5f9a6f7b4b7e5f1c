/** What is measured: rows by scenario. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defaultLimits, elements, type Tensor, tensorOf } from '@sheaf/inference';
import type { RunningMesh } from '@sheaf/supervisor';
import { ask, createRemote } from '@sheaf/transport';
import { type ModelName, models } from './folder.ts';
import { type Load, type Measured, nativeClient, nativeLoad, ownLoad } from './load.ts';
import type { Result } from './report.ts';

export interface Row extends Omit<Result, 'rounds'> {
  /** Undefined where it cannot be measured here. */
  readonly measure: ((seconds: number) => Promise<Measured>) | undefined;
}

export interface Setting {
  readonly folder: string;
  readonly running: RunningMesh;
  /** Ports of delay proxies before the service that takes 600 KB, by their round trip in milliseconds. */
  readonly delayed: ReadonlyMap<number, number>;
  /** Every combination, not only the rows behind the figures. */
  readonly full: boolean;
}

const rowsOf = (columns: number, rows = 1): Tensor => {
  const values = Float32Array.from({ length: rows * columns }, (_, at) => Math.sin(at % columns));
  return tensorOf('x', 'FP32', [rows, columns], values);
};

async function raw(folder: string, model: ModelName, batch: number, seconds: number) {
  const script = fileURLToPath(new URL('./raw.ts', import.meta.url));
  const args = [script, `${folder}/models/${model}/1/model.onnx`, models[model][0], batch, seconds].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as { rowsPerSecond: number; medianMs: number; answer: number[] };
}

/** `times`: so many runs, one after the other, count as one. */
const rawRow = (folder: string, label: string, model: ModelName, batch: number, times = 1): Row => ({
  scenario: label,
  name: `${label}: raw runtime, batch ${batch}`,
  measure: async (seconds) => {
    const { rowsPerSecond, medianMs } = await raw(folder, model, batch, seconds);
    const p50Ms = medianMs * times;
    return { rowsPerSecond: rowsPerSecond / times, p50Ms, p99Ms: Number.NaN, cpuSecondsPer1000: undefined };
  },
});

/** Answers through the gateway have to be those of the raw runtime, or nothing of it is worth a figure. */
export async function checkAnswers({ folder, running }: Setting): Promise<void> {
  const gateway = createRemote(`127.0.0.1:${running.gateway.port}`, { service: 'gateway', limits: defaultLimits });
  const answerOf = async (model: string, x: Tensor): Promise<Tensor> => {
    const [y] = (await ask(gateway, model, [x])).response.outputs;
    if (!y) throw new Error(`${model} answers nothing`);
    return y;
  };
  const same = (what: string, got: Tensor, want: readonly number[]): void => {
    const values = Array.from(elements({ ...got, datatype: 'FP32' as const }));
    const wrong = want.findIndex((value, index) => !(Math.abs(value - (values[index] ?? Number.NaN)) < 1e-4));
    if (wrong !== -1 || want.length === 0) throw new Error(`${what}: want ${want}, got ${values.slice(0, 4)}`);
  };
  for (const model of Object.keys(models) as ModelName[]) {
    const { answer } = await raw(folder, model, 1, 0);
    same(model, await answerOf(model, rowsOf(models[model][0])), answer);
    // Its members are the same model.
    if (model === 'large') same('together', await answerOf('together', rowsOf(models[model][0])), answer);
  }
  let x = rowsOf(models.small[0]);
  const chained = await answerOf('chain', x);
  for (const stage of ['stage-one', 'stage-two', 'stage-three']) x = { ...(await answerOf(stage, x)), name: 'x' };
  same('chain', chained, Array.from(elements({ ...x, datatype: 'FP32' as const })));
  gateway.close();
}

export function scenarios(setting: Setting): Row[] {
  const { running, folder, delayed, full } = setting;
  const service = (name: string) => running.services.find((candidate) => candidate.name === name) ?? running.gateway;
  type At = { readonly port: number; readonly pid: number };
  const load = ({ port, pid }: At, model: string, input: Tensor, inFlight: number): Omit<Load, 'seconds'> => ({
    port,
    secret: running.secret,
    model,
    input,
    inFlight,
    pids: [pid],
  });
  const native = (at: At, model: string, input: Tensor, inFlight: number): Row['measure'] =>
    nativeClient
      ? (seconds) => nativeLoad(folder, { ...load(at, model, input, inFlight), seconds }, 16 * (input.shape[0] ?? 1))
      : undefined;
  const own = (
    transport: 'unary' | 'stream',
    at: At,
    model: string,
    input: Tensor,
    inFlight: number,
  ): Row['measure'] => {
    const both = { ...load(at, model, input, inFlight), pids: [at.pid, process.pid] };
    return (seconds) => ownLoad(transport, { ...both, seconds });
  };
  const { gateway } = running;

  const oneModel = (model: ModelName, label: string, inFlight: readonly number[], rows: readonly number[]): Row[] => {
    const columns = models[model][0];
    const measured = rows.flatMap((count) =>
      inFlight.map((calls): Row => {
        const by = calls === 1 ? 'time' : 'rate';
        const name = `${label}: model server, ${calls} in flight${count > 1 ? `, ${count} rows each` : ''}`;
        const batch = calls === 1 ? count : 32;
        const against = { name: `${label}: raw runtime, batch ${batch}`, by } as const;
        return {
          scenario: label,
          name,
          measure: native(service(model), model, rowsOf(columns, count), calls),
          against,
        };
      }),
    );
    return [...[1, 8, 32, 128].map((batch) => rawRow(folder, label, model, batch)), ...measured];
  };
  const all = [1, 8, 32, 128];
  const large = rowsOf(models.large[0]);
  const small = rowsOf(models.small[0]);

  const gatewayRows = (model: ModelName, inFlight: readonly number[]): Row[] =>
    inFlight.flatMap((calls): Row[] => {
      const input = rowsOf(models[model][0]);
      const direct = `one hop: ${model}, model server, ${calls} in flight`;
      const scenario = 'gateway';
      const against = { name: direct, by: calls === 1 ? 'time' : 'rate' } as const;
      return [
        { scenario, name: direct, measure: native(service(model), model, input, calls) },
        {
          scenario,
          name: `two hops: ${model}, gateway, ${calls} in flight`,
          measure: native(gateway, model, input, calls),
          against,
        },
      ];
    });

  const wide = rowsOf(models['input-600k'][0]);
  const wideAt = service('input-600k');
  const far = [...delayed].map(([roundTripMs, port]): Row => {
    const name = `600 KB, one in flight, mesh stream, ${roundTripMs} ms round trip`;
    const against = { name: '600 KB, one in flight, mesh stream', by: 'time' } as const;
    return {
      scenario: 'distance',
      name,
      measure: own('stream', { port, pid: wideAt.pid }, 'input-600k', wide, 1),
      against,
    };
  });

  return [
    ...oneModel('large', '2 ms model', full ? all : [1, 32, 128], [1]),
    ...oneModel('large', '2 ms model', full ? all : [32], [8]).filter(({ name }) => name.includes('rows each')),
    {
      scenario: '2 ms model',
      name: '2 ms model: batching off, 32 in flight',
      measure: native(service('large-alone'), 'large-alone', large, 32),
      against: { name: '2 ms model: model server, 32 in flight', by: 'rate' },
    },
    ...oneModel('small', '20 us model', full ? all : [1, 32], full ? [1, 8] : [1]),
    ...oneModel('huge', '10 ms model', full ? all : [32], full ? [1, 8] : [1]),
    ...gatewayRows('small', full ? all : [1, 32]),
    ...gatewayRows('input-64k', full ? [1, 8] : [1]),
    ...gatewayRows('input-600k', [1]),
    ...(full ? all : [1, 16]).map(
      (calls): Row => ({
        scenario: 'pipeline of three',
        name: `pipeline of three 20 us stages, ${calls} in flight`,
        measure: native(gateway, 'chain', small, calls),
      }),
    ),
    ...[1, 16].map((batch) => rawRow(folder, 'three 2 ms models', 'large', batch, 3)),
    ...(full ? all : [1, 16]).map(
      (calls): Row => ({
        scenario: 'three 2 ms models',
        name: `three 2 ms models: ensemble, ${calls} in flight`,
        measure: native(gateway, 'together', large, calls),
        against: { name: `three 2 ms models: raw runtime, batch ${calls === 1 ? 1 : 16}`, by: 'rate' },
      }),
    ),
    { scenario: 'sleepers', name: 'one member that sleeps 20 ms', measure: native(gateway, 'sleeper-a', small, 1) },
    {
      scenario: 'sleepers',
      name: 'ensemble of three that sleep 20 ms',
      measure: native(gateway, 'asleep', small, 1),
      against: { name: 'one member that sleeps 20 ms', by: 'time' },
    },
    ...(full ? all : [1, 32]).flatMap((calls): Row[] => {
      const unary = `256 B, our client, a call each, ${calls} in flight`;
      return [
        { scenario: 'hop', name: unary, measure: own('unary', service('small'), 'small', small, calls) },
        {
          scenario: 'hop',
          name: `256 B, our client, mesh stream, ${calls} in flight`,
          measure: own('stream', service('small'), 'small', small, calls),
          against: { name: unary, by: 'cpu' },
        },
      ];
    }),
    {
      scenario: 'distance',
      name: '600 KB, one in flight, mesh stream',
      measure: own('stream', wideAt, 'input-600k', wide, 1),
    },
    ...far,
  ];
}
