import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import * as ort from 'onnxruntime-node';
import { readModel } from './index.ts';
import { buildModel, sampleModels } from './testing/index.ts';

const samples: Record<string, Uint8Array> = {
  'identity BYTES': sampleModels.identity('BYTES', ['n']),
  'identity FP16': sampleModels.identity('FP16', [2, -1]),
  'identity scalar': sampleModels.identity('INT64', []),
  'identity zero-size': sampleModels.identity('FP32', [0, 3]),
  scale: sampleModels.scale(2),
  add: sampleModels.add(),
  'several outputs': sampleModels.severalOutputs(),
  'slow loop': sampleModels.slowLoop(),
  'endless loop': sampleModels.endlessLoop(),
  'failing reshape': sampleModels.failingReshape(),
  zeros: sampleModels.zeros(),
  classifier: sampleModels.classifier([0.1, 0.9]),
};

const tensor = { datatype: 'FP32', shape: [1] } as const;
const identity = [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }];
const plain = { inputs: [{ name: 'x', ...tensor }], outputs: [{ name: 'y', ...tensor }], nodes: identity };
const foo = { op: 'Foo', domain: 'com.nobody', inputs: ['x'], outputs: ['z'] };
const branching = {
  op: 'If',
  inputs: ['x'],
  outputs: ['z'],
  attributes: { then_branch: { graph: { ...plain, nodes: [foo] } } },
};
const refused: [string, Uint8Array, RegExp][] = [
  ['an empty file', new Uint8Array(), /empty/],
  ['text', new TextEncoder().encode('not a model at all'), /not an ONNX model/],
  ['a truncated file', sampleModels.scale(2).subarray(0, 40), /not an ONNX model/],
  ['no outputs', buildModel({ inputs: [{ name: 'x', ...tensor }], outputs: [], nodes: identity }), /no outputs/],
  [
    'an output named twice',
    buildModel({
      inputs: [{ name: 'x', ...tensor }],
      outputs: [
        { name: 'y', ...tensor },
        { name: 'y', ...tensor },
      ],
      nodes: identity,
    }),
    /two outputs called "y"/,
  ],
  [
    'a name with a control character',
    buildModel({ inputs: [{ name: 'a\0b', ...tensor }], outputs: [{ name: 'y', ...tensor }], nodes: identity }),
    /^input 1 is called "a\\u0000b", a name that cannot be used; want text in UTF-8 without control characters$/,
  ],
  [
    'outputs that are no tensors only',
    buildModel({ inputs: [{ name: 'x', ...tensor }], outputs: [{ name: 'y', tensorsOf: 'FP32' }], nodes: identity }),
    /^the model has no output that can be served: output "y" is a sequence, which the protocol has not$/,
  ],
  [
    'an input that is no tensor',
    buildModel({ inputs: [{ name: 'x', tensorsOf: 'FP32' }], outputs: [{ name: 'y', ...tensor }], nodes: identity }),
    /^input "x" is a sequence, which the protocol has not; a model that takes tensors only can be served$/,
  ],
  [
    'an IR version that the runtime has not',
    buildModel({ ...plain, irVersion: 14 }),
    /^the file has ONNX IR version 14; the runtime reads up to 13; save it with ir_version=13 or less$/,
  ],
  [
    'an operator set that the runtime has not',
    buildModel({ ...plain, opset: 27 }),
    /^the model is of operator set 27 of the domain "ai.onnx"; the runtime has up to 26; export it with opset 26 or less$/,
  ],
  [
    'an operator set of another domain that the runtime has not',
    buildModel({ ...plain, domains: { 'ai.onnx.ml': 6 } }),
    /^the model is of operator set 6 of the domain "ai.onnx.ml"; the runtime has up to 5; /,
  ],
  [
    'an operator of a domain that the runtime has not, in a branch',
    buildModel({ ...plain, domains: { 'com.nobody': 1 }, nodes: [...identity, branching] }),
    /^the model needs Foo of the domain "com.nobody", which the runtime has not; its domains are ai.onnx, ai.onnx.ml, /,
  ],
  ['a negative dimension', sampleModels.identity('FP32', [-7]), /dimension of -7/],
  ['seventeen dimensions', sampleModels.identity('FP32', Array(17).fill(1)), /17 dimensions; the limit is 16/],
];

describe('an ONNX model', () => {
  for (const [name, bytes] of Object.entries(samples)) {
    it(`${name}: the runtime loads what the builder makes, and the reader sees its inputs and outputs`, async () => {
      const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 });
      const { signature } = readModel(bytes);
      assert.deepEqual(
        signature.inputs.map((input) => input.name),
        [...session.inputNames],
      );
      assert.deepEqual(
        signature.outputs.map((output) => output.name),
        [...session.outputNames],
      );
      await session.release();
    });
  }

  it('has -1 where its shape is symbolic or unknown, and keeps the symbols', () => {
    assert.deepEqual(readModel(sampleModels.identity('FP32', ['batch', 3, -1])).signature.inputs, [
      { name: 'x', datatype: 'FP32', shape: [-1, 3, -1], symbols: ['batch', '', ''] },
    ]);
  });

  it('has no name for a dimension that tools write as ?, or as a formula', () => {
    const { signature } = readModel(sampleModels.identity('FP32', ['?', 3, '?', 'floor(W/4)']));
    assert.deepEqual(signature.inputs, [{ name: 'x', datatype: 'FP32', shape: [-1, 3, -1, -1] }]);
  });

  it('says its opset, producer, operators and metadata', () => {
    const facts = readModel(
      buildModel({
        inputs: [{ name: 'x', ...tensor }],
        outputs: [{ name: 'y', ...tensor }],
        nodes: identity,
        metadata: { author: 'me' },
      }),
    );
    assert.deepEqual(facts.opsets, [{ domain: '', version: 21 }]);
    assert.deepEqual(facts.operators, ['Identity']);
    assert.equal(facts.metadata.get('author'), 'me');
  });

  it('of the newest IR version and operator sets that the reader takes is loaded, and of one more is not', async () => {
    const newest = { irVersion: 13, opset: 26, domains: { 'ai.onnx.ml': 5 } };
    const load = (spec: object) =>
      ort.InferenceSession.create(buildModel({ ...plain, ...spec }), { logSeverityLevel: 4 });
    readModel(buildModel({ ...plain, ...newest }));
    await (await load(newest)).release();
    for (const more of [{ irVersion: 14 }, { opset: 27 }, { domains: { 'ai.onnx.ml': 6 } }]) {
      await assert.rejects(load({ ...newest, ...more }));
      assert.throws(() => readModel(buildModel({ ...plain, ...newest, ...more })));
    }
  });

  it('with operators of its own is none of another domain', () => {
    const functions = [
      {
        name: 'Foo',
        domain: 'com.nobody',
        inputs: ['a'],
        outputs: ['b'],
        nodes: [{ op: 'Neg', inputs: ['a'], outputs: ['b'] }],
      },
    ];
    readModel(buildModel({ ...plain, nodes: [...identity, foo], domains: { 'com.nobody': 1 }, functions }));
  });

  it('names every file that it keeps weights in, wherever the tensors stand', () => {
    const weights = (location: string, length?: number) => ({
      name: 'w',
      datatype: 'FP32' as const,
      shape: [2],
      location,
      ...(length === undefined ? {} : { length }),
    });
    const graph = { ...plain, initializers: [weights('graph')] };
    const attributes = { tensors: { tensors: [weights('one'), weights('two')] }, graphs: { graphs: [graph, graph] } };
    const { externalFiles } = readModel(
      buildModel({
        ...plain,
        nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'], attributes }],
        training: { ...plain, initializers: [weights('training', 12)] },
      }),
    );
    assert.deepEqual(externalFiles, [
      { location: 'one', bytesMin: 8 },
      { location: 'two', bytesMin: 8 },
      { location: 'graph', bytesMin: 8 },
      { location: 'training', bytesMin: 12 },
    ]);
  });

  for (const [name, bytes, sentence] of refused) {
    it(`with ${name} is refused by a sentence`, () => {
      assert.throws(
        () => readModel(bytes),
        (error) => error instanceof InferError && error.code === 'FAILED_PRECONDITION' && sentence.test(error.message),
      );
    });
  }

  it('damaged anywhere is read or refused, never anything else', () => {
    const good = sampleModels.endlessLoop();
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 1000; round++) {
      const bad = Uint8Array.from(good).subarray(0, 1 + random(good.length));
      bad[random(bad.length)] = random(256);
      try {
        readModel(bad);
      } catch (error) {
        assert.ok(error instanceof InferError, `round ${round}: ${error}`);
      }
    }
  });
});
