/** Versions that come under load. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Tensor, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { startTestMesh } from '../support/mesh-folder.ts';
import { monotonicMs, type Published } from './record.ts';
import { brief, type FaultPlan, type FaultRow, type Measured } from './row.ts';
import { failedPart, failures, runUnderFault } from './run.ts';

const pair = '{ datatype: FP32, shape: [rows, 2] }';
const files = {
  'models/first': sampleModels.scale(2),
  'models/second': sampleModels.scale(3),
  'pipelines/both.yaml': `pipeline: both
inputs: { x: ${pair} }
stages:
  one: { model: first, inputs: { x: x } }
  two: { model: second, inputs: { x: one.y } }
outputs: { y: two.y }
`,
};
const old = 'first=1 second=1';
const fresh = 'first=2 second=2';
/** What an answer to 1 is says which versions made it: each has a prime of its own. */
const setOf = new Map([
  [2 * 3, old],
  [5 * 7, fresh],
  [2 * 7, 'first=1 second=2'],
  [5 * 3, 'first=2 second=1'],
]);
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 1));
const versionsOf = ([y]: readonly Tensor[]): string => {
  const bytes = y?.data ?? new Uint8Array(4);
  return setOf.get(new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true)) ?? 'unknown versions';
};

async function newVersions(plan: FaultPlan): Promise<Measured> {
  await using mesh = await startTestMesh(files);
  const { folder } = mesh.mesh;
  const publish = async (model: string, factor: number): Promise<void> => {
    await mkdir(join(folder, 'models', model, '2'), { recursive: true });
    await writeFile(join(folder, 'models', model, '2', 'model.onnx'), sampleModels.scale(factor));
  };
  let [from, to] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const published = (): Published[] => [
    { versions: old, from: 0, to },
    { versions: fresh, from, to: Number.POSITIVE_INFINITY },
  ];
  const run = await runUnderFault({
    plan: brief(plan),
    mesh: { client: mesh.gateway, transitions: [], samples: [], runs: async () => undefined },
    next: () => ({ model: 'both', timeoutMs: 2_000, stages: 2, inputs: () => [x], versionsOf }),
    ratePerSecond: 100,
    inject: async () => {
      await publish('first', 5);
      await publish('second', 7);
      const { mesh: next } = await readMesh(folder);
      if (!next) throw new Error('the folder is not good any more');
      from = monotonicMs();
      await mesh.running.update(next);
      to = monotonicMs();
    },
    published,
  });
  const calls = run.between(run.faultAt, run.endedAt);
  const sees = calls.filter(({ versions }) => versions === fresh).length;
  return run.measured(failedPart(calls) === 0 && sees > 0, [
    `${failures(calls)} of ${calls.length}`,
    `${sees} by the new versions, taken up in ${((to - from) / 1_000).toFixed(1)} s`,
  ]);
}

export const versionRows: readonly FaultRow[] = [
  {
    name: 'new-versions',
    fault: 'new versions of two models of a pipeline are taken up under load',
    promise: 'none fails, none is answered by versions that were not served together',
    isShort: true,
    run: newVersions,
  },
];
