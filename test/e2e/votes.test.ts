import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Elements,
  elements,
  packBytes,
  type Tensor,
  tensorOf,
  tensorOfNumbers,
  unpackBytes,
} from '@sheaf/inference';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh } from '../support/mesh-folder.ts';

const text = { name: 'x', datatype: 'BYTES', shape: ['n'] } as const;
/** `y` is `x` in capitals. */
const capitals = buildModel({
  inputs: [text],
  outputs: [{ ...text, name: 'y' }],
  nodes: [
    { op: 'StringNormalizer', inputs: ['x'], outputs: ['y'], attributes: { case_change_action: 'UPPER', locale: 'C' } },
  ],
});
const number = (datatype: keyof Elements) => ({ name: 'x', datatype, shape: ['n', 2] }) as const;
const times = (datatype: keyof Elements, factor: number): Uint8Array =>
  buildModel({
    inputs: [number(datatype)],
    outputs: [{ ...number(datatype), name: 'y' }],
    nodes: [{ op: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] }],
    initializers: [tensorOfNumbers('factor', datatype, [], [factor])],
  });
const pipeline = (name: string, shape: string, members: string, combine: string, outputs: string) => `pipeline: ${name}
inputs: { x: ${shape} }
stages: { voted: { ensemble: ${members}, combine: ${combine}, inputs: { x: x } } }
outputs: ${outputs}
`;
const vote = '{ label: voted.label, score: voted.score, votes: voted.votes }';

describe('an ensemble', () => {
  it('votes over texts and over INT32, and takes the mean and the soft vote of FP16', async () => {
    await using mesh = await startTestMesh({
      'models/as-is': sampleModels.identity('BYTES', ['n']),
      'models/capitals': capitals,
      'models/one': times('INT32', 1),
      'models/two': times('INT32', 2),
      'models/half': times('FP16', 0.5),
      'models/whole': times('FP16', 1),
      'pipelines/texts.yaml': pipeline(
        'texts',
        '{ datatype: BYTES, shape: [n] }',
        '{ a: { model: as-is }, b: { model: capitals }, c: { model: as-is } }',
        '{ hard-vote: y }',
        vote,
      ),
      'pipelines/integers.yaml': pipeline(
        'integers',
        '{ datatype: INT32, shape: [n, 2] }',
        '{ a: { model: one }, b: { model: two }, c: { model: two, weight: 0.5 } }',
        '{ hard-vote: y }',
        vote,
      ),
      'pipelines/mean.yaml': pipeline(
        'mean',
        '{ datatype: FP16, shape: [n, 2] }',
        '{ a: { model: half }, b: { model: whole } }',
        '{ mean: y }',
        '{ y: voted.y }',
      ),
      'pipelines/soft.yaml': pipeline(
        'soft',
        '{ datatype: FP16, shape: [n, 2] }',
        '{ a: { model: half }, b: { model: whole } }',
        '{ soft-vote: y }',
        '{ y: voted.y, label: voted.label }',
      ),
    });
    const texts = (tensor: Tensor | undefined) =>
      unpackBytes(tensor?.data ?? new Uint8Array()).map((bytes) => Buffer.from(bytes).toString());
    const numbers = <D extends keyof Elements>(tensor: Tensor | undefined, datatype: D) => {
      assert.equal(tensor?.datatype, datatype);
      return Array.from(elements({ ...(tensor as Tensor), datatype }) as ArrayLike<number | bigint>, Number);
    };

    const voted = await ask(mesh.gateway, 'texts', [tensorOf('x', 'BYTES', [2], packBytes(['ham', 'SPAM']))]);
    assert.deepEqual(texts(voted.byName.get('label')), ['ham', 'SPAM']);
    assert.deepEqual(texts(voted.byName.get('votes')), ['ham', 'HAM', 'ham', 'SPAM', 'SPAM', 'SPAM']);
    assert.deepEqual(numbers(voted.byName.get('score'), 'FP32'), [2 / 3, 1].map(Math.fround));

    const integers = await ask(mesh.gateway, 'integers', [tensorOfNumbers('x', 'INT32', [1, 2], [3, 0])]);
    assert.deepEqual(numbers(integers.byName.get('label'), 'INT32'), [6, 0]);
    assert.deepEqual(numbers(integers.byName.get('votes'), 'INT64'), [3, 6, 6, 0, 0, 0]);

    const halves = tensorOfNumbers('x', 'FP16', [1, 2], [0.5, 2]);
    const bits = tensorOfNumbers('y', 'FP16', [1, 2], [0.375, 1.5]);
    assert.deepEqual(
      Buffer.from((await ask(mesh.gateway, 'mean', [halves])).byName.get('y')?.data ?? []),
      Buffer.from(bits.data),
    );
    const soft = await ask(mesh.gateway, 'soft', [halves]);
    assert.deepEqual(Buffer.from(soft.byName.get('y')?.data ?? []), Buffer.from(bits.data));
    assert.deepEqual(numbers(soft.byName.get('label'), 'INT64'), [1]);
  });
});
