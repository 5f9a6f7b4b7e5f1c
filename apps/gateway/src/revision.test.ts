import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createFailureBook, openKeySources } from '@sheaf/identity';
import {
  CallCanceller,
  type CallContext,
  Journal,
  monotonicClock,
  type Principal,
  tensorOfNumbers,
  trustedCaller,
} from '@sheaf/inference';
import { createMemoryLimiter } from '@sheaf/limiter';
import { type Mesh, readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { createResilienceState } from '@sheaf/outbound';
import { compileCatalog } from './catalog.ts';
import { openPolicyStack } from './policy-stack.ts';
import { type Revision, type RevisionPorts, steerRevision } from './revision.ts';
import { Revisions } from './revisions.ts';
import type { ServiceHandle, Services } from './services.ts';

const files = {
  'models/scale/1/model.onnx': sampleModels.scale(1),
  'models/scale/2/model.onnx': sampleModels.scale(2),
  'pipelines/ask.yaml': `pipeline: ask
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages: { one: { model: scale, inputs: { x: x } } }
outputs: { y: one.y }
`,
  'mesh.yaml': 'aliases: { scale: { champion: 1 } }\n',
} as const;

const ports = {
  keys: () => new Map(),
  onKeyUse: () => {},
  keySources: openKeySources(),
  failures: createFailureBook(),
  limiter: createMemoryLimiter({ now: monotonicClock.now, wallNow: Date.now }),
  share: 1,
  traffic: () => (next) => next,
  queue: ({ infer }) => infer,
  answerCache: { layer: () => (next) => next },
  resilienceState: createResilienceState(),
} satisfies RevisionPorts;

/** Services that answer with the version that they are asked, when they are let. */
function createServices(mesh: Mesh, until: () => Promise<void>): Services {
  const [service] = mesh.services;
  assert.ok(service);
  const handle = {
    service,
    infer: async ({ model, version }) => {
      await until();
      const y = tensorOfNumbers('y', 'FP32', [1, 2], [Number(version), 0]);
      return { model, version, parameters: new Map(), outputs: [y] };
    },
    isReady: () => true,
    runsAtOnce: () => 1,
  } satisfies Partial<ServiceHandle> as unknown as ServiceHandle;
  return { asked: Promise.resolve(), holding: () => handle, all: [handle], share: () => {}, close: () => {} };
}

describe('a revision whose aliases move', () => {
  let folder: string;
  let mesh: Mesh;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-revision-'));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    mesh = (await readMesh(folder)).mesh ?? assert.fail();
  });
  after(() => rm(folder, { recursive: true }));

  const open = (until: () => Promise<void> = async () => {}): Revisions => {
    const services = createServices(mesh, until);
    const asked = { described: new Map(), silent: new Map(), book: new Map() };
    const known = { latencies: new Map(), foreign: new Map(), out: [] };
    const options = { mesh, whole: mesh, isStrict: true };
    const catalog = compileCatalog(options, services, { asked, own: new Map() }, known);
    const inside = { names: new Set<string>(), services: new Map(), labels: new Map(), transforms: new Map() };
    const policyStack = openPolicyStack(catalog, undefined, inside, (next) => next, ports);
    const served = { mesh, endpoints: [], unserved: [], isStrict: false };
    const first: Revision = {
      ...{ served, mesh, fingerprints: new Map(), services, catalog, policyStack },
      close: () => {},
    };
    return new Revisions(first, 1);
  };
  const steer = (revisions: Revisions, version: string): Promise<void> => {
    const aliases = new Map([['scale', new Map([['champion', version]])]]);
    return revisions.replace(steerRevision(revisions.current, { aliases }, ports));
  };
  const ask = async (revisions: Revisions, model: string): Promise<number | undefined> => {
    const journal = new Journal();
    const context: CallContext = {
      deadline: monotonicClock.now() + 60_000,
      signal: new CallCanceller(),
      clock: monotonicClock,
      snapshot: revisions.snapshot(),
      journal,
      span: journal.start('request', 'test', undefined),
      principal: trustedCaller,
    };
    const x = tensorOfNumbers('x', 'FP32', [1, 2], [1, 1]);
    const request = { model, version: '', id: '', parameters: new Map(), inputs: [x], outputs: [] };
    const { outputs } = await revisions.infer(request, context);
    const data = outputs[0]?.data;
    return data && new DataView(data.buffer, data.byteOffset).getFloat32(0, true);
  };

  it('answers each call by the aliases of when it came in, models and pipelines alike', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const revisions = open(() => promise);
    const early = ['scale', 'ask'].map((name) => ask(revisions, name));
    const { policyStack } = revisions.current;
    const replaced = steer(revisions, '2');
    const late = ['scale', 'ask'].map((name) => ask(revisions, name));
    resolve();
    assert.deepEqual(
      [await Promise.all(early), await Promise.all(late)],
      [
        [1, 1],
        [2, 2],
      ],
    );
    await replaced;
    assert.equal(revisions.current.policyStack.infer, policyStack.infer, 'what the policies have seen stays');
    const version = (principal: Principal | typeof trustedCaller) =>
      revisions.describe('scale', '', principal).versions;
    assert.deepEqual(version(trustedCaller), ['2', '1']);
  });

  it('keeps nothing of what it was before', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const revisions = open();
    const move = async (times: number): Promise<number> => {
      for (let index = 0; index < times; index++) {
        await steer(revisions, String((index % 2) + 1));
        await ask(revisions, 'ask');
      }
      collect();
      return process.memoryUsage().heapUsed;
    };
    const warm = await move(1_000);
    const grown = (await move(1_000)) - warm;
    // A revision that stayed would be some kilobytes.
    assert.ok(grown < 1_000 * 500, `1000 moves left ${grown} bytes`);
  });
});
