import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Datatype,
  elements,
  type InferError,
  packBytes,
  type Tensor,
  tensorOf,
  unpackBytes,
} from '@sheaf/inference';
import { buildModel, type GraphSpec, type NodeSpec, sampleModels } from '@sheaf/onnx/testing';
import { withModel } from '../testing/model-fixture.ts';

const floats = (name: string, shape: readonly number[], ...values: number[]): Tensor =>
  tensorOf(name, 'FP32', shape, Float32Array.from(values));
const read = (tensor: Tensor | undefined): number[] => {
  assert.ok(tensor?.datatype === 'FP32');
  return [...elements({ ...tensor, datatype: 'FP32' })];
};
const info = (name: string, datatype: Datatype, shape: readonly (number | string)[] | undefined) => ({
  name,
  datatype,
  shape,
});

/** Probabilities that a ZipMap makes maps of, as skl2onnx writes a classifier. */
function classifier(classes: NodeSpec['attributes'], more: Partial<GraphSpec> = {}): Uint8Array {
  return buildModel({
    domains: { 'ai.onnx.ml': 3 },
    inputs: [info('X', 'FP32', [-1, 3])],
    outputs: [info('output_label', 'INT64', [-1]), { name: 'output_probability', mapsBy: 'INT64' }],
    ...more,
    nodes: [
      { op: 'ArgMax', inputs: ['X'], outputs: ['output_label'], attributes: { axis: 1n, keepdims: 0n } },
      { op: 'Softmax', inputs: ['X'], outputs: ['probabilities'] },
      {
        op: 'ZipMap',
        domain: 'ai.onnx.ml',
        inputs: ['probabilities'],
        outputs: ['output_probability'],
        ...(classes ? { attributes: classes } : {}),
      },
      ...(more.nodes ?? []),
    ],
  });
}

const two = floats('X', [2, 3], 0, 0, 0, 9, 1, 1);

describe('a classifier that ends in a ZipMap', () => {
  it('gives the tensor that feeds it, under its name, with its classes told', async () => {
    await withModel(classifier({ classlabels_int64s: [4n, 7n, 9n] }), async ({ facts, ask }) => {
      assert.deepEqual(facts.signature.outputs[1], {
        name: 'output_probability',
        datatype: 'FP32',
        shape: [-1, 3],
        labels: ['4', '7', '9'],
      });
      assert.deepEqual(facts.notices, [
        'output "output_probability" is a ZipMap, a list of maps; its tensor [rows, 3] is served instead, and its classes are told: 4, 7, 9',
      ]);
      const [label, probability] = await ask([two]);
      assert.deepEqual([label?.name, label?.datatype, label?.shape], ['output_label', 'INT64', [2]]);
      assert.deepEqual([probability?.name, probability?.shape], ['output_probability', [2, 3]]);
      assert.deepEqual(read(probability).slice(0, 3), [...Float32Array.of(1 / 3, 1 / 3, 1 / 3)]);
      const [alone] = await ask([two], ['output_probability']);
      assert.deepEqual(read(alone), read(probability));
    });
  });

  it('with texts as classes, whose probabilities are an output too, is served alike', async () => {
    const bytes = classifier(
      { classlabels_strings: { texts: ['setosa', 'naïve ☃', ''] } },
      {
        outputs: [{ name: 'output_probability', mapsBy: 'BYTES' }, info('probabilities', 'FP32', ['N', 3])],
      },
    );
    await withModel(bytes, async ({ facts, ask }) => {
      assert.deepEqual(facts.signature.outputs[0]?.labels, ['setosa', 'naïve ☃', '']);
      const [maps, probabilities] = await ask([two]);
      assert.deepEqual(read(maps), read(probabilities));
    });
  });

  it('of which another output is a sequence serves what is a tensor, and says what is not', async () => {
    const bytes = buildModel({
      inputs: [info('x', 'FP32', [-1, 2])],
      outputs: [info('y', 'FP32', [-1, 2]), { name: 'parts', tensorsOf: 'FP32' }],
      nodes: [
        { op: 'Identity', inputs: ['x'], outputs: ['y'] },
        { op: 'SplitToSequence', inputs: ['x'], outputs: ['parts'] },
      ],
    });
    await withModel(bytes, async ({ facts, ask }) => {
      assert.deepEqual(facts.notices, ['output "parts" is a sequence, which the protocol has not; it is not served']);
      assert.deepEqual(
        (await ask([floats('x', [1, 2], 3, 4)])).map(({ name }) => name),
        ['y'],
      );
      await assert.rejects(ask([floats('x', [1, 2], 3, 4)], ['parts']), /no output "parts"; the outputs are y/);
    });
  });
});

describe('a model of BF16', () => {
  it('is asked and answers in BF16, bit for bit', async () => {
    const bits = Uint16Array.of(0x0000, 0x8000, 0x3f80, 0xbfc0, 0x0001, 0x7f7f, 0x7f80, 0xff80);
    await withModel(sampleModels.identity('BF16', ['n']), async ({ facts, ask }) => {
      assert.deepEqual(facts.signature.inputs, [{ name: 'x', datatype: 'BF16', shape: [-1], symbols: ['n'] }]);
      const [y] = await ask([tensorOf('x', 'BF16', [8], bits)]);
      assert.deepEqual([y?.name, y?.datatype, y?.shape], ['y', 'BF16', [8]]);
      assert.deepEqual(elements({ ...(y as Tensor), datatype: 'BF16' }), bits);
      assert.deepEqual((await ask([tensorOf('x', 'BF16', [0], new Uint16Array())]))[0]?.shape, [0]);
      await assert.rejects(ask([floats('x', [1], 1)]), /want datatype BF16, got FP32/);
    });
  });
});

describe('a tensor', () => {
  const names = [
    'input:0',
    'scope/x',
    'sepal length (cm)',
    'constructor',
    '0',
    'naïve ☃',
    '__proto__',
    'a.b',
    'toString',
    '👩‍🔬',
  ];
  for (const name of names) {
    const bytes = buildModel({
      inputs: [info(name, 'FP32', ['n']), info('valueOf', 'FP32', ['n'])],
      outputs: [info('y', 'FP32', ['n']), info('hasOwnProperty', 'FP32', ['n'])],
      nodes: [
        { op: 'Sub', inputs: [name, 'valueOf'], outputs: ['y'] },
        { op: 'Add', inputs: [name, 'valueOf'], outputs: ['hasOwnProperty'] },
      ],
    });
    const called = buildModel({
      inputs: [info('x', 'FP32', ['n']), info('z', 'FP32', ['n'])],
      outputs: [info('y', 'FP32', ['n']), info(name, 'FP32', ['n'])],
      nodes: [
        { op: 'Sub', inputs: ['x', 'z'], outputs: ['y'] },
        { op: 'Add', inputs: ['x', 'z'], outputs: [name] },
      ],
    });
    for (const [side, model] of [['taken', bytes] as const, ['given', called] as const])
      it(`called ${name} is ${side}, alone and beside others`, async () => {
        await withModel(model, async ({ ask, facts: { signature } }) => {
          const inputs = signature.inputs.map((spec, index) => floats(spec.name, [1], index === 0 ? 5 : 2));
          const outputs = await ask(inputs);
          const names = signature.outputs.map((output) => output.name);
          assert.deepEqual([outputs.map((output) => output.name), outputs.map(read)], [names, [[3], [7]]]);
          for (const [index, own] of names.entries())
            assert.deepEqual((await ask(inputs, [own])).map(read), [index === 0 ? [3] : [7]]);
        });
      });
  }

  it('without a shape is taken and given in any rank', async () => {
    const bytes = buildModel({
      inputs: [info('x', 'FP32', undefined)],
      outputs: [info('y', 'FP32', undefined)],
      nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['y'] }],
    });
    await withModel(bytes, async ({ facts, ask }) => {
      assert.deepEqual(facts.signature.inputs, [{ name: 'x', datatype: 'FP32', shape: [], unranked: true }]);
      for (const shape of [[], [2], [0, 3], [1, 2, 1, 2]]) {
        const count = shape.reduce((product, dim) => product * dim, 1);
        const [y] = await ask([floats('x', shape, ...Array(count).fill(1))]);
        assert.deepEqual([y?.shape, read(y)], [shape, Array(count).fill(-1)]);
      }
    });
  });
});

describe('a model with an operator that the runtime has not', () => {
  it('does not run, and the operator is named', async () => {
    await assert.rejects(
      withModel(sampleModels.unknownOperator(), async () => {}),
      {
        code: 'FAILED_PRECONDITION',
        message: 'model m/1 does not run: the runtime cannot load it: it has no operator Frobnicate in operator set 21',
      },
    );
  });
});

describe('a run that fails', () => {
  it("for its inputs is the caller's mistake, whatever its words say of allocation", async () => {
    const node = { op: 'Reshape', name: 'Failed to allocate memory', inputs: ['allocated', 'square'], outputs: ['y'] };
    const bytes = buildModel({
      inputs: [info('allocated', 'FP32', ['n'])],
      outputs: [info('y', 'FP32', [2, 2])],
      nodes: [node],
      initializers: [tensorOf('square', 'INT64', [2], BigInt64Array.of(2n, 2n))],
    });
    await withModel(bytes, async ({ ask }) => {
      await assert.rejects(ask([floats('allocated', [3], 1, 2, 3)]), (error: InferError) => {
        assert.deepEqual(
          [error.code, error.message],
          ['INVALID_ARGUMENT', 'model m/1: the model failed on these inputs in its operator Reshape'],
        );
        return true;
      });
    });
  });

  it('for want of memory is refused as that', async () => {
    const { error } = console;
    console.error = () => {};
    try {
      await withModel(sampleModels.zeros(), async ({ ask }) => {
        const huge = tensorOf('x', 'INT64', [1], BigInt64Array.of(2n ** 50n));
        await assert.rejects(ask([huge]), { code: 'RESOURCE_EXHAUSTED', message: /needs more memory than there is/ });
      });
    } finally {
      console.error = error;
    }
  });
});

describe('texts', () => {
  it('pass through an output whose name has to be another one in the session', async () => {
    const bytes = buildModel({
      inputs: [info('x', 'BYTES', ['n'])],
      outputs: [info('constructor', 'BYTES', ['n'])],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['constructor'] }],
    });
    await withModel(bytes, async ({ ask }) => {
      const [y] = await ask([{ name: 'x', datatype: 'BYTES', shape: [2], data: packBytes(['a', 'ü']) }]);
      assert.deepEqual(
        unpackBytes(y?.data ?? new Uint8Array()).map((text) => Buffer.from(text).toString()),
        ['a', 'ü'],
      );
    });
  });
});
