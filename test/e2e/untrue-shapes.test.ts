/** Pipelines over models whose files declare shapes that are not true. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { elements, type Tensor, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

/** Each row three times beside itself, 6 numbers of 2, where the file declares `columns` of them. */
const wide = (columns: number): Uint8Array =>
  buildModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['N', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['N', columns] }],
    nodes: [
      { op: 'Concat', inputs: ['x', 'x', 'x'], outputs: ['all'], attributes: { axis: 1n } },
      // From a number, so that nothing tells the shape before a run.
      { op: 'Cast', inputs: ['sizes'], outputs: ['shape'], attributes: { to: 7n } },
      { op: 'Reshape', inputs: ['all', 'shape'], outputs: ['y'] },
    ],
    initializers: [tensorOf('sizes', 'FP32', [2], Float32Array.of(-1, 6))],
  });

const files = (declared: number, wanted: number) => ({
  'models/wide': wide(declared),
  'models/double': sampleModels.scale(2, ['rows', wanted]),
  'pipelines/p.yaml': `pipeline: p
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages:
  a: { model: wide, inputs: { x: x } }
  b: { model: double, inputs: { x: a.y } }
outputs: { y: b.y }
`,
});

describe('a pipeline over a model that gives another shape than its file declares', () => {
  const fits = files(3, 6);
  const fitsOnPaper = files(2, 2);
  let folders: readonly string[];
  before(async () => {
    folders = await Promise.all([fits, fitsOnPaper].map(writeFolder));
  });
  after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

  it('is judged by what the model gives, by check and by a strict start alike', async () => {
    const [good = '', bad = ''] = folders;
    const checked = await runSheaf(['check', good]);
    assert.deepEqual([checked.code, checked.stderr], [0, '']);
    assert.match(checked.stdout, /^models\/wide\/1: output "y" is declared as \[-1,3\] and is \[-1,6\]; batched/m);
    assert.match(checked.stdout, /^no mistakes: 2 models, 0 transforms, 1 pipeline, 2 services$/m);
    const unread = await runSheaf(['check', good, '--no-run']);
    assert.deepEqual([unread.code, unread.stderr.includes('stages.b.inputs.x')], [2, true]);

    const refused = await runSheaf(['check', bad]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^pipelines\/p\.yaml:5: stages\.b\.inputs\.x: .*want 2, got 6/);
    const started = await runSheaf(['up', bad, '--strict', '--port', '0']);
    assert.equal(started.code, 2);
    assert.match(started.stderr, /stages\.b\.inputs\.x: .*want 2, got 6/);
  });

  it('is served once its models have been seen, and is out where what they give does not fit', async () => {
    const { servable } = await readMesh(folders[0] ?? '');
    assert.deepEqual(
      servable?.out.map(({ kind, name }) => [kind, name]),
      [['pipeline', 'p']],
    );
    await using mesh = await startTestMesh(fits, undefined, false);
    const { byName } = await ask(mesh.gateway, 'p', [tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2))]);
    assert.deepEqual([...elements({ ...(byName.get('y') as Tensor), datatype: 'FP32' })], [2, 4, 2, 4, 2, 4]);

    await using other = await startTestMesh(fitsOnPaper, undefined, false);
    await assert.rejects(ask(other.gateway, 'p', [tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2))]), {
      code: 'FAILED_PRECONDITION',
      reason: 'MODEL_BROKEN',
    });
  });
});
