/** The mesh that is soaked, and what is done to it meanwhile. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleModels } from '@sheaf/onnx/testing';
import { freePort, partsToRestart, restartOneByOne } from '@sheaf/supervisor';
import { addKeys } from '../../support/credentials.ts';
import { type Files, startTestMesh, type TestMesh } from '../../support/mesh-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Asked by callers that wait for their answers, and never restarted: what it counts is known to the last call. */
export const calm = { service: 'calm', models: ['triple', 'half', 'failing'] } as const;
/** Never restarted either, but asked by callers that leave, and by those whose deadline passes. */
export const slow = { service: 'slow', models: ['slow', 'quick'] } as const;
/** Killed, restarted and replaced; two processes. */
export const shaken = { service: 'double', models: ['double'], replicas: 2 } as const;
/** Runs a transform; restarted. */
const worker = 'work';

const row = 'x: { datatype: FP32, shape: [n, 2] }';
const mean = `pipeline: mean
inputs: { ${row} }
stages:
  both: { ensemble: { one: { model: triple }, other: { model: half } }, inputs: { x: x }, combine: { mean: y } }
outputs: { y: both.y }
`;
const spare = `pipeline: spare
inputs: { ${row} }
stages:
  safe: { fallback: [{ transform: ./refuse.ts }, { model: triple }], inputs: { x: x } }
outputs: { y: safe.y }
`;
const chain = (note: string): string => `# ${note}
pipeline: chain
inputs: { ${row} }
stages:
  first: { model: double, inputs: { x: x } }
  last: { transform: ./work.ts, inputs: { x: first.y } }
outputs: { y: last.y }
`;
export const pipelines = {
  mean: { stages: ['both'] },
  spare: { stages: ['safe'] },
  chain: { stages: ['first', 'last'] },
} as const;

const transform = (body: string): string => `import { defineTransform, InferError } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, pure: true }, async ({ x }) => {
  ${body}
});
`;
const policies = (note: string): string => `# ${note}
accessLog: off
limits:
  - { name: burst, rate: 5/s, burst: 5, tenants: [greedy] }
`;
const files = (metricsPort: number): Files => ({
  'models/double': sampleModels.scale(2),
  'models/triple': sampleModels.scale(3),
  'models/half': sampleModels.scale(0.5),
  'models/failing': sampleModels.failingReshape(),
  'models/slow': sampleModels.slowLoop(),
  'models/quick': sampleModels.scale(1),
  'work.ts': transform(
    'await new Promise((resolve) => setTimeout(resolve, 2));\n  return { y: { shape: x.shape, data: x.data } };',
  ),
  'refuse.ts': transform("throw new InferError('FAILED_PRECONDITION', 'never');"),
  'pipelines/mean.yaml': mean,
  'pipelines/spare.yaml': spare,
  'pipelines/chain.yaml': chain('at first'),
  'policies.yaml': policies('at first'),
  'mesh.yaml': `gateway: { metrics: { port: ${metricsPort} } }
services:
  calm: { models: [${calm.models.join(', ')}] }
  slow: { models: [${slow.models.join(', ')}] }
  double: { models: [double], replicas: ${shaken.replicas} }
  ${worker}: { transforms: [work], trusted: true }
`,
});

/** `acme` waits for all of its answers, `hasty` leaves, `greedy` has a limit. */
export type Tenant = 'acme' | 'hasty' | 'greedy';
export const tenants: readonly Tenant[] = ['acme', 'hasty', 'greedy'];

export interface SoakedMesh {
  readonly mesh: TestMesh;
  readonly metricsPort: number;
  readonly keys: Readonly<Record<Tenant | 'narrow', string>>;
}

/** `narrow` is a key of acme that may see one model alone. */
export async function startSoakedMesh(): Promise<SoakedMesh> {
  const metricsPort = await freePort();
  let keys: SoakedMesh['keys'] | undefined;
  const mesh = await startTestMesh(files(metricsPort), async (folder) => {
    keys = await addKeys(folder, {
      acme: { tenant: 'acme' },
      narrow: { tenant: 'acme', models: ['triple'] },
      hasty: { tenant: 'hasty' },
      greedy: { tenant: 'greedy' },
    });
  });
  if (!keys) throw new Error('the mesh has no keys');
  return { mesh, metricsPort, keys };
}

/** Longer than a process takes to start on a machine that has more to do. */
const startMaxMs = 120_000;

/** Does something while no call is under way, and all that the gateway has counted is known. */
export type AtRest = (work: () => Promise<void>) => Promise<void>;

/** What is done to the mesh, in turn; each resolves when the mesh is whole again. */
export const faults: readonly {
  readonly name: string;
  run(mesh: TestMesh, round: number, atRest: AtRest): Promise<void>;
}[] = [
  {
    name: 'a process killed',
    run: async ({ running }, round) => {
      const victims = running.services.filter(({ name }) => name.startsWith(shaken.service));
      const victim = victims[round % victims.length];
      if (!victim) throw new Error('want a process to kill, got none');
      const { pid } = victim;
      process.kill(pid, 'SIGKILL');
      await waitFor(() => victim.isReady && victim.pid !== pid, undefined, startMaxMs);
    },
  },
  {
    name: 'a rolling restart',
    run: ({ running }) =>
      restartOneByOne(
        partsToRestart(running.parts, [shaken.service, worker]),
        () => {},
        () => true,
      ),
  },
  {
    name: 'a reload',
    run: async ({ mesh, running }, round) => {
      await writeFile(join(mesh.folder, 'policies.yaml'), policies(`in round ${round}`));
      await writeFile(join(mesh.folder, 'pipelines/chain.yaml'), chain(`in round ${round}`));
      // A process of another setting takes the place of each.
      await writeFile(join(mesh.folder, 'models/double/model.yaml'), `runLimitMs: ${9_000 + round}\n`);
      await running.reread();
    },
  },
  {
    name: 'the gateway killed',
    run: ({ running }, _, atRest) =>
      atRest(async () => {
        const { gateway } = running;
        const { pid } = gateway;
        process.kill(pid, 'SIGKILL');
        await waitFor(() => gateway.isReady && gateway.pid !== pid, undefined, startMaxMs);
      }),
  },
];
