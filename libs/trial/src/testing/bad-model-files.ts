/** What a model file may do to whoever loads it, and what has to be said of each. */
import { tensorOf } from '@sheaf/inference';
import { buildModel, type ModelSpec, sampleModels, type Weights } from '@sheaf/onnx/testing';

export const vector = (name: string) => ({ name, datatype: 'FP32', shape: ['n'] }) as const;
const io = { inputs: [vector('x')], outputs: [vector('y')] };
const add = { op: 'Add', inputs: ['x', 'w'], outputs: ['y'] };
const weights = (location: string): Weights => ({ name: 'w', datatype: 'FP32', shape: [1], location });
export const external = (location: string): Uint8Array =>
  buildModel({ ...io, nodes: [add], initializers: [weights(location)] });
const identity = { op: 'Identity', inputs: ['x'], outputs: ['y'] };
export const model = (spec: Partial<ModelSpec>): Uint8Array => buildModel({ ...io, nodes: [identity], ...spec });
const shape = (...dims: number[]) => tensorOf('shape', 'INT64', [dims.length], BigInt64Array.from(dims, BigInt));
/** `y` has 2^30 elements, 4 GiB, however small `x` is. */
export const large = (op: string, more: Partial<ModelSpec> = {}): Uint8Array =>
  buildModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2 ** 30] }],
    nodes: [{ op, inputs: ['x', 'shape'], outputs: ['y'] }],
    initializers: [shape(2 ** 30)],
    ...more,
  });

/** Bytes of a protobuf field that is a message or a text. */
function field(number: number, ...parts: (Uint8Array | string)[]): Uint8Array {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
  return Buffer.concat([Uint8Array.from([...varint((number << 3) | 2), ...varint(body.length)]), body]);
}

/** A file with so many nodes, written without making each of them. */
function manyNodes(count: number): Uint8Array {
  const node = field(1, field(1, 'x'), field(2, 'z'), field(4, 'Identity'));
  return Buffer.concat([model({}), field(7, Buffer.alloc(count * node.length, node))]);
}

/** Initialisers say their dims in field 1, and the bytes that they have in field 9. */
function initializer(dims: number[], bytes: number): Uint8Array {
  const dim = (value: number): Buffer => {
    const digits = [];
    for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
      const low = Number(rest & 127n);
      if (rest < 128n) return Buffer.from([8, ...digits, low]);
      digits.push(low | 128);
    }
  };
  const tensor = Buffer.concat([...dims.map(dim), Buffer.from([16, 1]), field(8, 'w'), field(9, Buffer.alloc(bytes))]);
  return Buffer.concat([buildModel({ ...io, nodes: [add] }), field(7, field(5, tensor))]);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x80;
  return copy;
}

const text = (name: string): Uint8Array =>
  buildModel({
    inputs: [{ name, datatype: 'FP32', shape: [1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
    nodes: [{ op: 'Identity', inputs: [name], outputs: ['y'] }],
  });
/** Bytes that are no UTF-8, in the place of a name of as many. */
const notUtf8 = (): Uint8Array => {
  const bytes = Buffer.from(text('name'));
  for (let at = bytes.indexOf('name'); at !== -1; at = bytes.indexOf('name', at))
    bytes.set([0xff, 0xfe, 0xc0, 0x80], at);
  return bytes;
};

type Files = Readonly<Record<string, string | Uint8Array>>;
export const [FP, RE] = ['FAILED_PRECONDITION', 'RESOURCE_EXHAUSTED'];
/** What is brought, what is refused, with which code, and what the sentence says. */
export const refused: [string, Files, string, string, RegExp][] = [
  ['an empty file', { 'model.onnx': '' }, 'file', FP, /the model file is empty$/],
  ['text', { 'model.onnx': 'hello' }, 'file', FP, /is not an ONNX model/],
  ['random bytes', { 'model.onnx': Uint8Array.from({ length: 4_096 }, (_, i) => (i * 7919) & 255) }, 'file', FP, /./],
  ['a truncated file', { 'model.onnx': sampleModels.scale(2).subarray(0, 60) }, 'file', FP, /is not an ONNX model/],
  ['a file with one bit flipped', { 'model.onnx': flipped(sampleModels.scale(2), 1) }, 'file', FP, /./],
  ['no file at all', { 'readme.txt': '' }, 'file', FP, /model\.onnx: want an ONNX model here, found none$/],
  ['weights in ../', { 'model.onnx': external('../w') }, 'file', FP, /in the file "\.\.\/w", which need not be in/],
  ['weights in a/../../', { 'model.onnx': external('a/../../w') }, 'file', FP, /which need not be in the folder/],
  ['weights at an absolute path', { 'model.onnx': external('/etc/passwd') }, 'file', FP, /which need not be in/],
  [
    'weights that are not there',
    { 'model.onnx': external('w') },
    'file',
    FP,
    /^w: the model keeps weights here, found no/,
  ],
  ['weights of another size than their dims', { 'model.onnx': initializer([3], 4) }, 'load', FP, /cannot load it/],
  [
    'dims whose product overflows',
    { 'model.onnx': initializer([2 ** 32, 2 ** 32, 16], 4) },
    'load',
    FP,
    /cannot load it/,
  ],
  ['negative dims', { 'model.onnx': initializer([-4], 4) }, 'load', FP, /cannot load it/],
  [
    'an operator that nobody has',
    { 'model.onnx': sampleModels.unknownOperator() },
    'load',
    FP,
    /no operator Frobnicate/,
  ],
  [
    'an operator of a library of its own',
    {
      'model.onnx': model({
        domains: { 'com.evil': 1 },
        nodes: [{ ...identity, op: 'Run', domain: 'com.evil', attributes: { library: '/tmp/evil.so' } }],
        metadata: { ort_config: '{"session_options":{"custom_ops_library":"/tmp/evil.so"}}' },
      }),
    },
    'file',
    FP,
    /Run of the domain "com\.evil", which the runtime has not/,
  ],
  [
    'a graph that is compiled elsewhere, in a file',
    {
      'model.onnx': model({
        domains: { 'com.microsoft': 1 },
        nodes: [
          {
            ...identity,
            op: 'EPContext',
            domain: 'com.microsoft',
            attributes: { ep_cache_context: '/tmp/evil.so', embed_mode: 0n },
          },
        ],
      }),
    },
    'load',
    FP,
    /./,
  ],
  ['an operator set that is too new', { 'model.onnx': model({ opset: 99 }) }, 'file', FP, /operator set 99/],
  [
    'a million nodes',
    { 'model.onnx': manyNodes(1_000_000) },
    'file',
    RE,
    /has \d+ nodes or more; the limit is 100000$/,
  ],
  [
    'a name of 10 kB',
    { 'model.onnx': text('n'.repeat(10_000)) },
    'file',
    FP,
    /has 10000 characters; the limit is 1024$/,
  ],
  ['a name that is no UTF-8', { 'model.onnx': notUtf8() }, 'file', FP, /a name that cannot be used/],
  ['no outputs', { 'model.onnx': model({ outputs: [] }) }, 'file', FP, /no outputs/],
  [
    'an output twice',
    { 'model.onnx': model({ outputs: [vector('y'), vector('y')] }) },
    'file',
    FP,
    /two outputs called "y"/,
  ],
  [
    'settings that are none',
    { 'model.onnx': model({}), 'model.yaml': 'runLimitMs: soon' },
    'settings',
    FP,
    /runLimitMs/,
  ],
  [
    'a golden set that is none',
    { 'model.onnx': model({}), 'tests.yaml': 'tests: 1' },
    'settings',
    FP,
    /want a list of tests/,
  ],
];
