/** The mesh whose versions are swapped: each version of each model says in its answers which one it is. */
import { rm } from 'node:fs/promises';
import { type Aliases, tensorOf } from '@sheaf/inference';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { type RunningMesh, startMesh } from '@sheaf/supervisor';
import { createRemote, type Remote } from '@sheaf/transport';
import { type Files, writeFolder } from '../support/mesh-folder.ts';
import { programs } from '../support/programs.ts';

/** What is moved together, so that answers whose versions do not belong together show. */
export const moved = ['solo', 'left', 'right', 'large'] as const;

/** `y = x * factor`, of about 33 MB, all of which a run reads. */
function largeModel(factor: number): Uint8Array {
  const side = 2_048;
  const zeros = (name: string, rows: number, columns: number) =>
    tensorOf(name, 'FP32', [rows, columns], new Float32Array(rows * columns));
  return buildModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 2] }],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'up'], outputs: ['h1'] },
      { op: 'MatMul', inputs: ['h1', 'first'], outputs: ['h2'] },
      { op: 'MatMul', inputs: ['h2', 'second'], outputs: ['h3'] },
      { op: 'MatMul', inputs: ['h3', 'down'], outputs: ['nothing'] },
      { op: 'Mul', inputs: ['x', 'factor'], outputs: ['scaled'] },
      { op: 'Add', inputs: ['scaled', 'nothing'], outputs: ['y'] },
    ],
    initializers: [
      zeros('up', 2, side),
      zeros('first', side, side),
      zeros('second', side, side),
      zeros('down', side, 2),
      tensorOf('factor', 'FP32', [], Float32Array.of(factor)),
    ],
  });
}

/** Asks `left` while it runs, so that what a transform asks shows too. */
const transform = `import { defineTransform } from '@sheaf/inference';
const rows = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: rows }, outputs: { y: rows }, uses: ['left'] }, async ({ x }, context) => {
  const { y } = await context.infer('left', { x: { datatype: 'FP32', shape: x.shape, data: x.data } }, ['y']);
  if (y.datatype !== 'FP32') throw new Error('not a float');
  return { y: { shape: y.shape, data: y.data } };
});
`;

const pipelines = {
  'pipelines/inner.yaml': `pipeline: inner
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages: { ask: { model: right, inputs: { x: x } } }
outputs: { y: ask.y }
`,
  'pipelines/pair.yaml': `pipeline: pair
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  one: { model: left, inputs: { x: x } }
  two: { pipeline: inner, inputs: { x: x } }
  three: { transform: ./seek.ts, inputs: { x: x } }
  four:
    fallback:
      - { model: right, version: champion }
      - { model: left }
    inputs: { x: x }
outputs: { left: one.y, right: two.y, seek: three.y, fallback: four.y }
`,
} as const;

const mostVersions = 3;

/** 2 gateways, and 2 replicas of each service. */
function filesOf(withLarge: boolean): Files {
  const models = Object.fromEntries(
    moved
      .filter((name) => withLarge || name !== 'large')
      .flatMap((name) =>
        Array.from({ length: name === 'large' ? 2 : mostVersions }, (_, index) => {
          const model = name === 'large' ? largeModel(index + 1) : sampleModels.scale(index + 1);
          return [`models/${name}/${index + 1}/model.onnx`, model] as const;
        }),
      ),
  );
  const large = withLarge ? '  large: { models: [large], replicas: 2 }\n' : '';
  const services = `services:\n  small: { models: [solo, left, right], replicas: 2 }\n${large}`;
  return {
    ...models,
    ...pipelines,
    'seek.ts': transform,
    'mesh.yaml': `gateway: { replicas: 2 }\n${services}${aliasesText(aliasesTo(1, withLarge))}`,
  };
}

/** The champion of all that is moved. */
export const aliasesTo = (version: number, withLarge: boolean): Aliases =>
  new Map(
    moved
      .filter((name) => withLarge || name !== 'large')
      .map((name) => [name, new Map([['champion', String(version)]])] as const),
  );

/** As mesh.yaml has them. */
export const aliasesText = (aliases: Aliases): string =>
  `aliases: ${JSON.stringify(Object.fromEntries([...aliases].map(([name, own]) => [name, { champion: Number(own.get('champion')) }])))}\n`;

export interface SwapMesh extends AsyncDisposable {
  readonly running: RunningMesh;
  /** The gateways, as clients see them. */
  readonly gateways: readonly Remote[];
  /** Of all processes but this one. */
  readonly pids: () => number[];
}

export async function startSwapMesh(withLarge: boolean): Promise<SwapMesh> {
  const folder = await writeFolder(filesOf(withLarge));
  const { mesh, problems } = await readMesh(folder);
  if (!mesh) throw new Error(problems.map(formatProblem).join('\n'));
  const running = await startMesh(mesh, { programs, port: 0, isStrict: true, onEvent: () => {} });
  const gateways = running.gateways.map(({ port }) =>
    createRemote(`127.0.0.1:${port}`, { service: 'gateway', limits: mesh.limits }),
  );
  return {
    running,
    gateways,
    pids: () => [...running.gateways, ...running.services].map(({ pid }) => pid),
    [Symbol.asyncDispose]: async () => {
      for (const gateway of gateways) gateway.close();
      await running.stop();
      await rm(folder, { recursive: true });
    },
  };
}
