import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { elements, InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, type Files, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const twice = `pipeline: twice
inputs: { x: { datatype: FP32, shape: [-1, 2] } }
stages:
  a: { model: factor, inputs: { x: x } }
  b: { model: factor, inputs: { x: a.y } }
outputs: { y: b.y }
`;
const files: Files = {
  'models/factor/1/model.onnx': sampleModels.scale(1),
  'models/slow': sampleModels.slowLoop(),
  'pipelines/twice.yaml': twice,
  'pipelines/slowly.yaml':
    'pipeline: slowly\ninputs: { x: { datatype: INT64, shape: [] } }\nstages:\n  a: { model: slow, inputs: { x: x } }\noutputs: { y: a.y }\n',
};
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));
const first = (tensor: Tensor | undefined): number =>
  elements({ ...(tensor as Tensor), datatype: 'FP32' as const })[0] ?? 0;

async function write(mesh: TestMesh, path: string, content: string | Uint8Array): Promise<void> {
  const file = join(mesh.mesh.folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** As `sheaf up --watch` does it. */
async function reload(mesh: TestMesh): Promise<boolean> {
  const { mesh: next } = await readMesh(mesh.mesh.folder);
  assert.ok(next);
  return mesh.running.update(next);
}

describe('a mesh that is reloaded', () => {
  it('loses no call under load, and no answer mixes two versions of a model', async () => {
    await using mesh = await startTestMesh(files);
    const answers: string[] = [];
    let loading = true;
    const load = async (): Promise<void> => {
      while (loading) {
        const { parameters, byName } = await ask(mesh.gateway, 'twice', [x]);
        answers.push(`${parameters.get('sheaf_versions')}: ${first(byName.get('y'))}`);
      }
    };
    const callers = Array.from({ length: 4 }, load);
    for (const version of [2, 3, 4]) {
      await write(mesh, `models/factor/${version}/model.onnx`, sampleModels.scale(version));
      assert.equal(await reload(mesh), true);
      const seen = answers.length;
      await waitFor(() => answers.length > seen + 20);
    }
    loading = false;
    await Promise.all(callers);
    const whole = [1, 2, 3, 4].map((version) => `a=factor/${version}, b=factor/${version}: ${version ** 2}`);
    assert.deepEqual([...new Set(answers)], whole);
  });

  it('lets a call end on what it began with, then ends the process that it needed', async () => {
    await using mesh = await startTestMesh(files);
    const old = mesh.running.services.find(({ name }) => name === 'slow')?.pid ?? 0;
    const count = tensorOf('x', 'INT64', [], BigInt64Array.of(400_000n));
    const slow = ask(mesh.gateway, 'slowly', [count], { timeoutMs: 20_000 });
    await ask(mesh.gateway, 'twice', [x]);
    await write(mesh, 'models/slow/model.yaml', 'runLimitMs: 9000\n');
    const reloaded = reload(mesh);
    await waitFor(() => mesh.events.filter((line) => line.startsWith('slow is ready')).length === 2);
    assert.equal((await slow).version, '1');
    await reloaded;
    assert.notEqual(mesh.running.services.find(({ name }) => name === 'slow')?.pid, old);
    assert.throws(() => process.kill(old, 0), { code: 'ESRCH' });
  });

  it('serves names that are new, refuses those that are gone, and replaces only what changed', async () => {
    await using mesh = await startTestMesh(files);
    const factor = mesh.running.services.find(({ name }) => name === 'factor')?.pid;
    await write(mesh, 'models/half/1/model.onnx', sampleModels.scale(0.5));
    await write(mesh, 'pipelines/twice.yaml', twice.replace('pipeline: twice', 'pipeline: squared'));
    assert.equal(await reload(mesh), true);
    assert.equal(first((await ask(mesh.gateway, 'half', [x])).byName.get('y')), 0.5);
    assert.equal(first((await ask(mesh.gateway, 'squared', [x])).byName.get('y')), 1);
    await assert.rejects(ask(mesh.gateway, 'twice', [x]), { code: 'NOT_FOUND' });
    assert.equal(mesh.running.services.find(({ name }) => name === 'factor')?.pid, factor);
    assert.equal(await reload(mesh), false);
  });

  it('keeps what it serves when a model does not run, and ends what it had started', async () => {
    await using mesh = await startTestMesh(files);
    const pids = mesh.running.services.map(({ pid }) => pid);
    await write(mesh, 'models/half/1/model.onnx', sampleModels.scale(0.5));
    await write(mesh, 'models/factor/2/model.onnx', sampleModels.unknownOperator());
    await write(
      mesh,
      'pipelines/twice.yaml',
      twice.replace(
        'inputs: { x: { datatype: FP32, shape: [-1, 2] } }',
        'inputs: { x: { datatype: FP32, shape: [1] } }',
      ),
    );
    await assert.rejects(reload(mesh), /model factor\/2 does not run: the runtime cannot load it: .*Frobnicate/);
    assert.equal(first((await ask(mesh.gateway, 'twice', [x])).byName.get('y')), 1);
    assert.deepEqual(
      mesh.running.services.map(({ pid }) => pid),
      pids,
    );
    await assert.rejects(
      ask(mesh.gateway, 'half', [x]),
      (error) => error instanceof InferError && error.code === 'NOT_FOUND',
    );
  });

  it('starts its gateway again with what was served last', async () => {
    await using mesh = await startTestMesh(files);
    await write(mesh, 'models/factor/2/model.onnx', sampleModels.scale(2));
    await reload(mesh);
    process.kill(mesh.running.gateway.pid, 'SIGKILL');
    await waitFor(() => mesh.events.some((line) => line.startsWith('gateway is ready again')));
    await waitFor(() =>
      ask(mesh.gateway, 'twice', [x]).then(
        ({ byName }) => first(byName.get('y')) === 4,
        () => false,
      ),
    );
  });
});
