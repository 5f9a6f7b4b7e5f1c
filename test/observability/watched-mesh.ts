/** A mesh of real processes that does a little of everything, with a server of somebody else's that fails when it is told to. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultLimits, InferError, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { openState } from '@sheaf/store';
import { freePort, type RunningMesh } from '@sheaf/supervisor';
import { createServer } from '@sheaf/transport';
import { Caller, inferPath, type Message } from '../support/caller.ts';
import { createAuthority } from '../support/certificates.ts';
import { addKeys } from '../support/credentials.ts';
import { type Files, startTestMesh } from '../support/mesh-folder.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';

const yearMs = 365 * 24 * 3_600_000;

const pipeline = `pipeline: whole
inputs: { x: { datatype: FP32, shape: [1, 2] } }
stages:
  both:
    ensemble: { near: { model: double }, far: { model: far } }
    inputs: { x: x }
    combine: { mean: y }
    quorum: 1
  safe:
    fallback: [{ model: far }, { model: double }]
    inputs: { x: both.y }
outputs: { y: safe.y }
rules:
  after:
    - { name: large, when: "outputs.y.exists(v, v > 1.0)", label: { size: large } }
`;
/** Fails with its only stage. */
const brittle = `pipeline: brittle
inputs: { x: { datatype: FP32, shape: [n] } }
stages: { only: { model: failing, inputs: { x: x } } }
outputs: { y: only.y }
`;
const policies = `accessLog: off
limits:
  - { name: burst, rate: 5/s, burst: 5, tenants: [greedy] }
`;
const meshYaml = (metricsPort: number, farPort: number): string => `gateway: { metrics: { port: ${metricsPort} } }
tls: { ca: tls/ca.crt, certificate: tls/mesh.crt, key: tls/mesh.key }
services:
  double: { models: [double], replicas: 2 }
  odd: { models: [slow, failing] }
  far: { models: [far], endpoint: '127.0.0.1:${farPort}', protocol: open-inference }
`;
const models: Files = {
  'models/double': sampleModels.scale(2),
  'models/slow': sampleModels.slowLoop(),
  'models/slow/model.yaml': 'runLimitMs: 1000\nqueue: { callsMax: 1 }\n',
  'models/failing': sampleModels.failingReshape(),
  'pipelines/whole.yaml': pipeline,
  'pipelines/brittle.yaml': brittle,
  'policies.yaml': policies,
};

/** Somebody else's server, with one model. */
async function openFar() {
  const row = [1, 2];
  const [x, y] = ['x', 'y'].map((name) => tensorOf(name, 'FP32', row, Float32Array.of(2, 4)));
  const far = { fails: false };
  const server = await createServer(
    { name: 'far', host: '127.0.0.1', port: 0, limits: defaultLimits },
    {
      infer: async ({ model }) => {
        if (far.fails) throw new InferError('UNAVAILABLE', 'not now');
        return { model, version: '1', parameters: new Map(), outputs: y ? [y] : [] };
      },
      describe: (name) => ({
        name,
        versions: ['1'],
        platform: 'test',
        inputs: x ? [x] : [],
        outputs: y ? [y] : [],
      }),
      isReady: () => true,
      names: () => ['far'],
      snapshot: () => ({ epoch: 1 }),
      onJournal: () => {},
    },
  );
  server.open();
  return { far, server };
}

/** So that there is an audit trail. */
async function addEntry(folder: string): Promise<void> {
  const state = await openState(folder);
  await state.audit.append({
    at: Date.now(),
    actor: 'login:operator',
    action: 'keys.create',
    subject: 'a',
    detail: '{}',
  });
  await state.close();
}

export interface WatchedMesh extends AsyncDisposable {
  readonly running: RunningMesh;
  readonly folder: string;
  /** Where its metrics are. */
  readonly target: string;
  /** Whether somebody else's server fails all that it is asked. */
  readonly far: { fails: boolean };
  /** Asks as a tenant until it is stopped, `atOnce` calls at a time; answers what stops it. */
  keepAsking(tenant: Tenant, request: Message, options?: { readonly atOnce?: number; readonly pauseMs?: number }): void;
  /** Writes a mistake into a pipeline of the folder, which is taken up without it. */
  breakPipeline(): Promise<void>;
}

type Tenant = 'acme' | 'greedy';

const pair = { name: 'x', datatype: 'FP32', shape: [1, 2], contents: { fp32_contents: [1, 2] } };
const three = { name: 'x', datatype: 'FP32', shape: [3], contents: { fp32_contents: [1, 2, 3] } };
const loops = (count: number): Message => ({
  name: 'x',
  datatype: 'INT64',
  shape: [],
  contents: { int64_contents: [String(count)] },
});

/** Requests by what they are for. */
export const requests = {
  double: { model_name: 'double', inputs: [pair] },
  whole: { model_name: 'whole', inputs: [pair] },
  far: { model_name: 'far', inputs: [pair] },
  /** Its run fails. */
  failing: { model_name: 'failing', inputs: [three] },
  brittle: { model_name: 'brittle', inputs: [three] },
  /** Takes some milliseconds. */
  slow: { model_name: 'slow', inputs: [loops(20_000)] },
  /** Ends its process. */
  endless: { model_name: 'slow', inputs: [loops(2 ** 40)] },
  unknown: { model_name: 'nobody', inputs: [pair] },
} as const satisfies Record<string, Message>;

export async function startWatchedMesh(): Promise<WatchedMesh> {
  const { far, server } = await openFar();
  const receiver = await startOtlpReceiver();
  const metricsPort = await freePort();
  const authority = await createAuthority();
  const own = await authority.issue({ validMs: yearMs });
  let folder = '';
  let keys: Record<Tenant, string> | undefined;
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.endpoint;
  const prepare = async (path: string): Promise<void> => {
    folder = path;
    await mkdir(join(path, 'tls'));
    await writeFile(join(path, 'tls/ca.crt'), authority.certificate);
    await writeFile(join(path, 'tls/mesh.crt'), own.certificate);
    await writeFile(join(path, 'tls/mesh.key'), own.key);
    await addEntry(path);
    keys = await addKeys(path, { acme: { tenant: 'acme' }, greedy: { tenant: 'greedy' } });
  };
  const files = { ...models, 'mesh.yaml': meshYaml(metricsPort, server.port) };
  // Not strict: what is broken later is left out.
  const mesh = await startTestMesh(files, prepare, false).finally(() => {
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  });
  const { port } = mesh.running.gateway;
  const callers = {
    acme: new Caller(port, { 'x-api-key': keys?.acme ?? '' }),
    greedy: new Caller(port, { 'x-api-key': keys?.greedy ?? '' }),
  };
  let going = true;
  const lanes: Promise<void>[] = [];
  const lane = async (tenant: Tenant, request: Message, pauseMs: number): Promise<void> => {
    while (going) {
      await callers[tenant].call(inferPath, request);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  return {
    running: mesh.running,
    folder,
    target: `127.0.0.1:${metricsPort}`,
    far,
    breakPipeline: async () => {
      await writeFile(join(folder, 'pipelines/brittle.yaml'), 'pipeline: brittle\nstages: nothing\n');
      const { servable } = await readMesh(folder);
      if (servable) await mesh.running.update(servable);
    },
    keepAsking: (tenant, request, { atOnce = 1, pauseMs = 50 } = {}) => {
      for (let index = 0; index < atOnce; index++) lanes.push(lane(tenant, request, pauseMs));
    },
    [Symbol.asyncDispose]: async () => {
      going = false;
      await Promise.all(lanes);
      for (const caller of Object.values(callers)) caller[Symbol.dispose]();
      await mesh[Symbol.asyncDispose]();
      await server.close(500);
      receiver[Symbol.dispose]();
    },
  };
}
