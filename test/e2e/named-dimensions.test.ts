import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elements, type Tensor, tensorOf } from '@sheaf/inference';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh } from '../support/mesh-folder.ts';

const floats = (name: string, ...shape: number[]): Tensor =>
  tensorOf(name, 'FP32', shape, new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1));
const shapes = ({ outputs }: { readonly outputs: readonly Tensor[] }) => outputs.map(({ shape }) => shape);

/** As Paddle2ONNX writes a recogniser of text: batch, height and width are all `?`. */
const recogniser = buildModel({
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['?', 3, '?', '?'] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: ['?', 3, '?', '?'] }],
  nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
});
const read = `pipeline: read
inputs: { crops: { datatype: FP32, shape: [n, 3, 48, 192] }, others: { datatype: FP32, shape: [m, 2] } }
stages:
  rec: { model: recogniser, inputs: { x: crops } }
  add: { model: sum, inputs: { a: others, b: others } }
outputs: { y: rec.y, sum: add.y }
`;

describe('named dimensions', () => {
  it('of one name are one size in every call, at the gateway and at the service itself', async () => {
    await using mesh = await startTestMesh({ 'models/sum': sampleModels.add() });
    assert.deepEqual(shapes(await ask(mesh.gateway, 'sum', [floats('a', 3, 2), floats('b', 3, 2)])), [[3, 2]]);
    for (const remote of [mesh.gateway, mesh.service('sum')])
      await assert.rejects(ask(remote, 'sum', [floats('a', 1, 2), floats('b', 3, 2)]), {
        code: 'INVALID_ARGUMENT',
        message: 'input "b": shape[0]: want 1 (batch, as input "a" has it), got 3',
      });
  });

  it('are none where a tool wrote a question mark: such sizes need not be equal', async () => {
    await using mesh = await startTestMesh({
      'models/recogniser': recogniser,
      'models/sum': sampleModels.add(),
      'pipelines/read.yaml': read,
    });
    const crops = floats('x', 2, 3, 48, 192);
    assert.deepEqual(shapes(await ask(mesh.gateway, 'recogniser', [crops])), [[2, 3, 48, 192]]);
    const answer = await ask(mesh.gateway, 'read', [{ ...crops, name: 'crops' }, floats('others', 5, 2)]);
    assert.deepEqual(shapes(answer), [
      [2, 3, 48, 192],
      [5, 2],
    ]);
    assert.deepEqual(elements({ ...(answer.byName.get('sum') as Tensor), datatype: 'FP32' })[0], 2);
  });

  it('are followed through models by the gateway as by check: a filter of rows knows what has the same ones', async () => {
    await using mesh = await startTestMesh({
      'models/both': sampleModels.severalOutputs(),
      'pipelines/p.yaml': `pipeline: p
inputs: { a: { datatype: FP32, shape: [rows] }, b: { datatype: FP32, shape: [rows] } }
stages: { both: { model: both, inputs: { a: a, b: b } } }
outputs: { sum: both.sum, difference: both.difference }
rules:
  after: [{ name: positive, keep: row.difference > 0.0 }]
`,
    });
    const three = (name: string, ...values: number[]) => tensorOf(name, 'FP32', [3], Float32Array.from(values));
    const answer = await ask(mesh.gateway, 'p', [three('a', 2, 0, 3), three('b', 1, 1, 1)]);
    assert.deepEqual(shapes(answer), [[2], [2]]);
  });
});
