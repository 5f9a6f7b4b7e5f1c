import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import * as ort from 'onnxruntime-node';
import { buildModel, readModel, sampleModels } from './index.ts';

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
    'a name that objects already have',
    buildModel({ inputs: [{ name: '__proto__', ...tensor }], outputs: [{ name: 'y', ...tensor }], nodes: identity }),
    /name that cannot be used/,
  ],
  ['BF16', sampleModels.identity('BF16', [1]), /element type 16/],
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
