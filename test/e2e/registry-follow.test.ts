import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import {
  createFollower,
  type Follower,
  type FollowerOptions,
  type RegistrySource,
  registrySource,
} from '@sheaf/follower';
import { move, push } from '@sheaf/follower/testing';
import { createTensor, type Tensor } from '@sheaf/inference';
import { formatProblem, readMesh, versionFolder } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { openRegistry, type Registry } from '@sheaf/registry';
import { followMesh, type RunningMesh, startMesh } from '@sheaf/supervisor';
import { createRemote, type Remote } from '@sheaf/transport';
import { tryVersion } from '@sheaf/trial';
import { ask, writeFolder } from '../support/mesh-folder.ts';
import { programs } from '../support/programs.ts';
import { waitFor } from '../support/wait-for.ts';

const one: Tensor = createTensor({
  name: 'x',
  datatype: 'FP32',
  shape: [1, 2],
  data: new Uint8Array(Float32Array.of(1, 1).buffer),
});

/** `y = x * before * the factor of the model`. */
const pipeline = (name: string) => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  first: { transform: ./times.ts, inputs: { x: x } }
  second: { model: scale, inputs: { x: first.x } }
outputs: { y: second.y }
`;
const times = (factor: number) => `import { defineTransform } from '@sheaf/inference';
import { factor } from './factor.ts';
const x = { datatype: 'FP32', shape: ['rows', 2] } as const;
export default defineTransform({ inputs: { x }, outputs: { x } }, ({ x }) => ({ x: { ...x, data: x.data.map((v) => v * factor) } }));
// ${factor}
`;
const code = (factor: number) => ({ 'times.ts': times(factor), 'factor.ts': `export const factor = ${factor};\n` });

describe('a mesh that follows a registry', { timeout: 300_000 }, () => {
  let folder: string;
  let registry: Registry;
  let follower: Follower;
  let running: RunningMesh;
  let gateway: Remote;
  const events: string[] = [];
  const told = new EventEmitter();
  const onEvent = (line: string): void => {
    events.push(line);
    told.emit('event');
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await once(told, 'event');
  };

  const start = async (through: (source: RegistrySource) => RegistrySource = (source) => source): Promise<void> => {
    registry = await openRegistry(folder);
    const source = through(registrySource(registry));
    const trial: FollowerOptions['trial'] = async ({ kind, name, version }, signal) => {
      if (kind === 'pipeline') return undefined;
      const home = versionFolder(folder, version.digest);
      const tried = { kind: 'unread', name, version: String(version.version), folder: home } as const;
      const { verdict, findings } = await tryVersion(tried, { signal });
      return verdict === 'fail' ? findings[0]?.text : undefined;
    };
    follower = createFollower({ folder, source, keep: 2, retryMinMs: 20, retryMaxMs: 20, onEvent, trial });
    await follower.prepare(AbortSignal.timeout(120_000));
    const { servable, problems } = await readMesh(folder, { follow: true });
    if (!servable) throw new Error(problems.map(formatProblem).join('\n'));
    running = await startMesh(servable, { programs, port: 0, onEvent });
    followMesh(running, follower);
    gateway = createRemote(`127.0.0.1:${running.gateway.port}`, { service: 'gateway', limits: servable.limits });
  };
  const stop = async (): Promise<void> => {
    gateway.close();
    await follower.close();
    await running.stop();
  };
  before(async () => {
    folder = await writeFolder({ 'models/own': sampleModels.scale(7) });
    await start();
  });
  after(async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  });

  const scale = (factor: number) => push(registry, 'model', 'scale', { 'model.onnx': sampleModels.scale(factor) });
  const digestOf = async (version: number): Promise<string> =>
    (await registry.store.getVersion('scale', version))?.digest ?? '';
  /** Its first number, and the version that answered. */
  const answer = async (name: string, version = ''): Promise<readonly [number, string]> => {
    const { byName, version: answered } = await ask(gateway, name, [one], { version });
    const data = byName.get('y')?.data;
    assert.ok(data);
    return [new DataView(data.buffer, data.byteOffset).getFloat32(0, true), answered];
  };
  const moved =
    (name: string, alias: string, version: number) =>
    (line: string): boolean =>
      line.startsWith(`${name}: ${alias} is version ${version} now`);
  const settled = (): Promise<unknown> =>
    waitFor(async () => follower.status().epoch >= (await registry.store.epoch()));
  const promote = async (kind: 'model' | 'pipeline', name: string, version: number): Promise<void> => {
    const from = events.length;
    await move(registry, name, 'champion', version);
    await until(() => events.slice(from).some(moved(`${kind} ${name}`, 'champion', version)));
    // The line is written when all of it is ready; a moment later it is in force.
    await settled();
  };

  it('begins with an empty registry beside its folder, and serves what is pushed', async () => {
    assert.deepEqual(await answer('own'), [7, '1']);
    await scale(2);
    await promote('model', 'scale', 1);
    assert.deepEqual(await answer('scale'), [2, '1']);
  });

  it('promotes and rolls back under load without a failed call or an answer of another version than it says', async () => {
    await scale(3);
    let isOver = false;
    const seen = new Set<string>();
    const caller = async (): Promise<void> => {
      while (!isOver) {
        const [y, version] = await answer('scale');
        assert.equal(y, version === '1' ? 2 : 3);
        seen.add(version);
      }
    };
    const callers = Promise.all([caller(), caller(), caller()]);
    await promote('model', 'scale', 2);
    assert.deepEqual(await answer('scale'), [3, '2']);
    const pids = running.services.map(({ pid }) => pid);
    await promote('model', 'scale', 1);
    assert.deepEqual(await answer('scale'), [2, '1']);
    await promote('model', 'scale', 2);
    assert.deepEqual(
      running.services.map(({ pid }) => pid),
      pids,
    );
    isOver = true;
    await callers;
    assert.deepEqual([...seen].sort(), ['1', '2']);
  });

  it('leaves a broken candidate out, tells of it, and goes on with the champion before', async () => {
    const broken = await push(registry, 'model', 'scale', { 'model.onnx': 'no model at all' });
    const from = events.length;
    await move(registry, 'scale', 'champion', broken);
    await until(() =>
      events.slice(from).some((line) => line.startsWith(`model scale/${broken} of the registry stays out`)),
    );
    await settled();
    assert.deepEqual(await answer('scale'), [3, '2']);
    assert.deepEqual(
      running.mesh.out.map(({ name, version, keeps }) => [name, version, keeps]),
      [['scale', String(broken), false]],
    );
    await assert.rejects(answer('scale', String(broken)), { code: 'FAILED_PRECONDITION', reason: 'MODEL_BROKEN' });
    await move(registry, 'scale', 'champion', 2);
    await settled();
    assert.deepEqual(await answer('scale'), [3, '2']);
  });

  it('serves two versions of a pipeline with other code of one transform and other pins side by side', async () => {
    const files = (factor: number) => ({ 'pipeline.yaml': pipeline('any'), ...code(factor) });
    const pinned = async (version: number) => [{ name: 'scale', digest: await digestOf(version) }];
    await push(registry, 'pipeline', 'both', files(10), await pinned(1));
    await promote('pipeline', 'both', 1);
    assert.deepEqual(await answer('both'), [20, '1']);
    await push(registry, 'pipeline', 'both', files(100), await pinned(2));
    await promote('pipeline', 'both', 2);
    assert.deepEqual(await answer('both'), [300, '2']);
    assert.deepEqual(await answer('both', '1'), [20, '1']);
    await promote('pipeline', 'both', 1);
    // The champion of the pipeline decides, whatever that of the model is.
    assert.deepEqual(await answer('both'), [20, '1']);
    assert.deepEqual(await answer('scale'), [3, '2']);
  });

  it('starts from the view on its disk where the registry is away, and follows when it is back', async () => {
    await stop();
    let isAway = true;
    await start((source) => ({
      ...source,
      snapshot: async (signal) => {
        if (isAway) throw new Error('nobody answers');
        return source.snapshot(signal);
      },
    }));
    assert.deepEqual(await answer('both'), [20, '1']);
    assert.deepEqual(await answer('scale'), [3, '2']);
    const from = events.length;
    isAway = false;
    await until(() => events.slice(from).includes('the registry is there again'));
    await promote('model', 'scale', 1);
    assert.deepEqual(await answer('scale'), [2, '1']);
  });
});
