/** Walks an ONNX file by hand: what a server must know, and no weight is ever copied. */
import { type Datatype, InferError, type Signature, type TensorSpec } from '@sheaf/inference';
import protobuf from 'protobufjs/minimal.js';
import { field, intField, type Message, messagesField, stringField, walk } from './wire.ts';

export interface ModelLimits {
  readonly fileBytesMax: number;
  readonly nodesMax: number;
  readonly nameCharsMax: number;
  /** Inputs, and outputs. */
  readonly tensorsMax: number;
  readonly rankMax: number;
}

export const defaultModelLimits: ModelLimits = {
  fileBytesMax: 2 ** 31 - 1,
  nodesMax: 100_000,
  nameCharsMax: 1024,
  tensorsMax: 4_096,
  rankMax: 16,
};

export interface ModelFacts {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Symbolic and unknown dimensions are -1, with their symbols beside them. Initializers are no inputs. */
  readonly signature: Signature;
  /** Nodes of the outermost graph. */
  readonly nodes: number;
  /** Distinct operators, as `domain:op`, or `op` of the default domain. */
  readonly operators: readonly string[];
  readonly sizeBytes: number;
}

/** ONNX TensorProto.DataType by its number. */
const datatypes: Readonly<Record<number, Datatype>> = {
  1: 'FP32',
  2: 'UINT8',
  3: 'INT8',
  4: 'UINT16',
  5: 'INT16',
  6: 'INT32',
  7: 'INT64',
  8: 'BYTES',
  9: 'BOOL',
  10: 'FP16',
  11: 'FP64',
  12: 'UINT32',
  13: 'UINT64',
};

const refuse = (message: string): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: 'MODEL_INVALID' });

/** Reads what a model file says of itself. Throws FAILED_PRECONDITION with a sentence for whatever is wrong with it. */
export function readModel(bytes: Uint8Array, limits: ModelLimits = defaultModelLimits): ModelFacts {
  if (bytes.byteLength === 0) throw refuse('the model file is empty');
  if (bytes.byteLength > limits.fileBytesMax)
    throw refuse(`the model file takes ${bytes.byteLength} bytes; the limit is ${limits.fileBytesMax}`);
  try {
    return factsOf(bytes, limits);
  } catch (error) {
    if (error instanceof InferError) throw error;
    throw new InferError('FAILED_PRECONDITION', 'the file is not an ONNX model, or it is damaged', {
      reason: 'MODEL_INVALID',
      cause: error,
    });
  }
}

function factsOf(bytes: Uint8Array, limits: ModelLimits): ModelFacts {
  const model = walk(protobuf.Reader.create(bytes));
  const graph = messagesField(model, 7)[0];
  if (!graph) throw refuse('the file is not an ONNX model: it holds no graph');
  const nodes = messagesField(graph, 1);
  if (nodes.length > limits.nodesMax)
    throw refuse(`the graph has ${nodes.length} nodes; the limit is ${limits.nodesMax}`);
  return {
    irVersion: intField(model, 1),
    producer: stringField(model, 2),
    opsets: messagesField(model, 8).map((opset) => ({ domain: stringField(opset, 1), version: intField(opset, 2) })),
    metadata: new Map(messagesField(model, 14).map((entry) => [stringField(entry, 1), stringField(entry, 2)])),
    signature: signatureOf(graph, limits),
    nodes: nodes.length,
    operators: [...new Set(nodes.map(operatorOf))].sort(),
    sizeBytes: bytes.byteLength,
  };
}

function operatorOf(node: Message): string {
  const domain = stringField(node, 7);
  const op = stringField(node, 4);
  return domain === '' ? op : `${domain}:${op}`;
}

function signatureOf(graph: Message, limits: ModelLimits): Signature {
  const initializers = messagesField(graph, 5);
  const external = initializers.find((tensor) => intField(tensor, 14) === 1);
  if (external)
    throw refuse('the model keeps weights in other files (external data), which is not supported; save it as one file');
  const constants = new Set(initializers.map((tensor) => stringField(tensor, 8)));
  const inputs = messagesField(graph, 11).filter((info) => !constants.has(stringField(info, 1)));
  const outputs = messagesField(graph, 12);
  if (outputs.length === 0) throw refuse('the model has no outputs');
  return { inputs: tensorSpecs('input', inputs, limits), outputs: tensorSpecs('output', outputs, limits) };
}

function tensorSpecs(side: string, infos: readonly Message[], limits: ModelLimits): TensorSpec[] {
  if (infos.length > limits.tensorsMax)
    throw refuse(`the model has ${infos.length} ${side}s; the limit is ${limits.tensorsMax}`);
  const specs = infos.map((info) => tensorSpec(side, info, limits));
  const names = specs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuse(`the model has two ${side}s called "${twice}"`);
  return specs;
}

/** Printable, and no key that plain objects already have. */
const isGoodName = (name: string): boolean => name !== '' && !/[\p{Cc}\uFFFD]/u.test(name) && !(name in {});

const otherKinds = new Map([
  [4, 'a sequence'],
  [5, 'a map'],
  [8, 'a sparse tensor'],
  [9, 'an optional'],
]);

function tensorSpec(side: string, info: Message, limits: ModelLimits): TensorSpec {
  const name = stringField(info, 1);
  if (name.length > limits.nameCharsMax)
    throw refuse(`the name of an ${side} has ${name.length} characters; the limit is ${limits.nameCharsMax}`);
  if (!isGoodName(name))
    throw refuse(`an ${side} has a name that cannot be used: want printable text that is no reserved word`);
  const type = messagesField(info, 2)[0];
  const tensor = type && messagesField(type, 1)[0];
  if (!tensor) {
    const kind = [...otherKinds].find(([number]) => type && field(type, number).length > 0)?.[1] ?? 'of no type';
    throw refuse(`${side} "${name}" is ${kind}; only tensors can be served`);
  }
  const elementType = intField(tensor, 1);
  const datatype = datatypes[elementType];
  if (!datatype)
    throw refuse(`${side} "${name}" has ONNX element type ${elementType}, which the protocol or the runtime has not`);
  const shape = messagesField(tensor, 2)[0];
  if (!shape) throw refuse(`${side} "${name}" has no shape; save the model with the rank of each ${side}`);
  const symbols = messagesField(shape, 1).map((dim) => (field(dim, 1).length === 0 ? stringField(dim, 2) : ''));
  const dims = dimsOf(side, name, shape, limits);
  return { name, datatype, shape: dims, ...(symbols.some(Boolean) ? { symbols } : {}) };
}

function dimsOf(side: string, name: string, shape: Message, limits: ModelLimits): number[] {
  const dims = messagesField(shape, 1);
  if (dims.length > limits.rankMax)
    throw refuse(`${side} "${name}" has ${dims.length} dimensions; the limit is ${limits.rankMax}`);
  return dims.map((dim) => {
    if (field(dim, 1).length === 0) return -1;
    const value = intField(dim, 1);
    if (!Number.isSafeInteger(value) || value < -1) throw refuse(`${side} "${name}" has a dimension of ${value}`);
    return value;
  });
}
