/** Processes that are replaced on purpose. */
import { setTimeout } from 'node:timers/promises';
import { sampleModels } from '@sheaf/onnx/testing';
import { partsToRestart, restartOneByOne } from '@sheaf/supervisor';
import { startTestMesh } from '../support/mesh-folder.ts';
import { steadyClient, steadyLoad } from '../support/steady-client.ts';
import { seconds } from './figures.ts';
import { monotonicMs } from './record.ts';
import type { FaultPlan, FaultRow, Measured } from './row.ts';

const files = {
  'models/double': sampleModels.scale(2),
  'models/triple': sampleModels.scale(3),
  'pipelines/both.yaml': `pipeline: both
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages:
  first: { model: double, inputs: { x: x } }
  last: { model: triple, inputs: { x: first.y } }
outputs: { y: last.y }
`,
  'mesh.yaml': 'gateway: { replicas: 2 }\nservices: { pair: { models: [double], replicas: 2 } }\n',
};
const everyMs = 10;
/** Until a client has found the gateway again that was restarted last. */
const roundPauseMs = 3_000;

async function rollAll({ duringMs }: FaultPlan): Promise<Measured> {
  const rounds = duringMs >= 60_000 ? 10 : 2;
  await using mesh = await startTestMesh(files);
  const { running } = mesh;
  const pids = new Set<number>();
  const note = (): void => {
    for (const { pid } of [...running.services, ...running.gateways]) pids.add(pid);
  };
  note();
  const began = pids.size;
  using client = steadyClient(running.gateways.map(({ port }) => port));
  const load = steadyLoad(client, ['both', 'triple'], everyMs);
  const startedAt = monotonicMs();
  for (let round = 0; round < rounds; round++) {
    await restartOneByOne(
      partsToRestart(running.parts, []),
      () => {},
      () => true,
    );
    note();
    await setTimeout(roundPauseMs);
  }
  const outcomes = await load.stop();
  const failed = outcomes.filter((outcome) => outcome !== 'OK');
  const replaced = pids.size - began;
  return {
    kept: failed.length === 0 && replaced === rounds * began,
    measured: [
      `${failed.length} of ${outcomes.length} failed`,
      `${replaced} processes replaced in ${rounds} rounds, ${seconds(monotonicMs() - startedAt)}`,
      ...failed.slice(0, 2),
    ].join(', '),
  };
}

export const restartRows: readonly FaultRow[] = [
  {
    name: 'rolling-restart',
    fault: 'every process replaced, gateways included, 2 rounds (10 with --full)',
    promise: '0 calls fail',
    isShort: false,
    run: rollAll,
  },
];
