/** Makes ONNX models in TypeScript: small graphs for tests and examples. */
import type { Datatype, Tensor } from '@sheaf/inference';
import type { Writer } from 'protobufjs/minimal.js';
import protobuf from 'protobufjs/minimal.js';
import { elementTypes } from '../element-types.ts';
import { type TensorInfo, writeInfo, writeTensorType } from '../tensor-info.ts';
import { writeInteger as integer, writeMessage as message, writeText as text } from '../wire.ts';

/** A tensor whose bytes are in another file. */
export interface TensorElsewhere extends Omit<Tensor, 'data'> {
  readonly location: string;
  readonly offset?: number;
  readonly length?: number;
}
export type Weights = Tensor | TensorElsewhere;

/** A bigint or a list of them is INT; a number or a list of them FLOAT. */
export type Attribute =
  | bigint
  | number
  | string
  | readonly bigint[]
  | readonly number[]
  | { readonly texts: readonly string[] }
  | { readonly graph: GraphSpec }
  | { readonly graphs: readonly GraphSpec[] }
  | { readonly tensor: Weights }
  | { readonly tensors: readonly Weights[] }
  | { readonly sparse: SparseWeights };

/** `values` of `dims`, at the places that `indices` says. */
export interface SparseWeights {
  readonly values: Weights;
  readonly indices: Weights;
  readonly dims: readonly number[];
}

export interface NodeSpec {
  readonly op: string;
  readonly name?: string;
  /** Default: ONNX's own. */
  readonly domain?: string;
  /** '' for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** An input or output that is no tensor: a list of tensors, or one of maps from such keys to FP32. */
export type SequenceInfo =
  | { readonly name: string; readonly tensorsOf: Datatype }
  | { readonly name: string; readonly mapsBy: 'INT64' | 'BYTES' };
export type Info = TensorInfo | SequenceInfo;

export interface GraphSpec {
  readonly inputs: readonly Info[];
  readonly outputs: readonly Info[];
  readonly nodes: readonly NodeSpec[];
  readonly initializers?: readonly Weights[];
  readonly sparse?: readonly SparseWeights[];
}

/** An operator of the model's own. */
export interface FunctionSpec {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly NodeSpec[];
}

export interface ModelSpec extends GraphSpec {
  /** Default 10. */
  readonly irVersion?: number;
  /** Default 21. */
  readonly opset?: number;
  /** Operator sets of other domains. */
  readonly domains?: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly functions?: readonly FunctionSpec[];
  readonly training?: GraphSpec;
}

/** ONNX AttributeProto.AttributeType. */
const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparse: 11,
} as const;

/** The bytes of a model file. What the graph says is written as it is: a wrong graph makes a wrong model, which tests want too. */
export function buildModel(spec: ModelSpec): Uint8Array {
  const { opset = 21, domains = {} } = spec;
  const writer = protobuf.Writer.create();
  integer(writer, 1, spec.irVersion ?? 10);
  text(writer, 2, 'sheaf');
  message(writer, 7, (inner) => writeGraph(inner, spec));
  for (const [domain, version] of [['', opset] as const, ...Object.entries(domains)])
    message(writer, 8, (inner) => writeOpset(inner, domain, version));
  for (const [key, value] of Object.entries(spec.metadata ?? {}))
    message(writer, 14, (inner) => pair(inner, key, value));
  const { training } = spec;
  if (training) message(writer, 20, (inner) => message(inner, 1, (graph) => writeGraph(graph, training)));
  for (const made of spec.functions ?? []) message(writer, 25, (inner) => writeFunction(inner, made, opset));
  return writer.finish();
}

function writeOpset(writer: Writer, domain: string, version: number): void {
  if (domain !== '') text(writer, 1, domain);
  integer(writer, 2, version);
}

function pair(writer: Writer, key: string, value: string): void {
  text(writer, 1, key);
  text(writer, 2, value);
}

function writeFunction(writer: Writer, { name, domain, inputs, outputs, nodes }: FunctionSpec, opset: number): void {
  text(writer, 1, name);
  for (const input of inputs) text(writer, 4, input);
  for (const output of outputs) text(writer, 5, output);
  for (const node of nodes) message(writer, 7, (inner) => writeNode(inner, node));
  message(writer, 9, (inner) => writeOpset(inner, '', opset));
  text(writer, 10, domain);
}

function writeGraph(writer: Writer, { nodes, initializers = [], sparse = [], inputs, outputs }: GraphSpec): void {
  for (const node of nodes) message(writer, 1, (inner) => writeNode(inner, node));
  text(writer, 2, 'graph');
  for (const tensor of initializers) message(writer, 5, (inner) => writeTensor(inner, tensor));
  for (const info of inputs) message(writer, 11, (inner) => writeAnyInfo(inner, info));
  for (const info of outputs) message(writer, 12, (inner) => writeAnyInfo(inner, info));
  for (const weights of sparse) message(writer, 15, (inner) => writeSparse(inner, weights));
}

function writeNode(writer: Writer, { op, name, domain = '', inputs, outputs, attributes = {} }: NodeSpec): void {
  for (const name of inputs) text(writer, 1, name);
  for (const name of outputs) text(writer, 2, name);
  if (name !== undefined) text(writer, 3, name);
  text(writer, 4, op);
  for (const [key, value] of Object.entries(attributes))
    message(writer, 5, (inner) => writeAttribute(inner, key, value));
  if (domain !== '') text(writer, 7, domain);
}

function writeAttribute(writer: Writer, name: string, value: Attribute): void {
  text(writer, 1, name);
  integer(writer, 20, attributeTypes[writeValue(writer, value)]);
}

function writeValue(writer: Writer, value: Attribute): keyof typeof attributeTypes {
  if (typeof value === 'bigint') {
    integer(writer, 3, Number(value));
    return 'int';
  }
  if (typeof value === 'number') {
    writer.uint32((2 << 3) | 5).float(value);
    return 'float';
  }
  if (typeof value === 'string') {
    text(writer, 4, value);
    return 'string';
  }
  if ('texts' in value) {
    for (const item of value.texts) text(writer, 9, item);
    return 'strings';
  }
  if ('graph' in value) {
    message(writer, 6, (inner) => writeGraph(inner, value.graph));
    return 'graph';
  }
  if ('graphs' in value) {
    for (const item of value.graphs) message(writer, 11, (inner) => writeGraph(inner, item));
    return 'graphs';
  }
  if ('tensor' in value) {
    message(writer, 5, (inner) => writeTensor(inner, value.tensor));
    return 'tensor';
  }
  if ('tensors' in value) {
    for (const item of value.tensors) message(writer, 10, (inner) => writeTensor(inner, item));
    return 'tensors';
  }
  if ('sparse' in value) {
    message(writer, 22, (inner) => writeSparse(inner, value.sparse));
    return 'sparse';
  }
  for (const item of value) {
    if (typeof item === 'bigint') integer(writer, 8, Number(item));
    else writer.uint32((7 << 3) | 5).float(item);
  }
  return typeof value[0] === 'number' ? 'floats' : 'ints';
}

function writeTensor(writer: Writer, weights: Weights): void {
  for (const dim of weights.shape) integer(writer, 1, dim);
  integer(writer, 2, elementTypes[weights.datatype]);
  text(writer, 8, weights.name);
  if (!('location' in weights)) {
    writer.uint32((9 << 3) | 2).bytes(weights.data);
    return;
  }
  const { location, offset, length } = weights;
  message(writer, 13, (inner) => pair(inner, 'location', location));
  if (offset !== undefined) message(writer, 13, (inner) => pair(inner, 'offset', String(offset)));
  if (length !== undefined) message(writer, 13, (inner) => pair(inner, 'length', String(length)));
  integer(writer, 14, 1);
}

function writeSparse(writer: Writer, { values, indices, dims }: SparseWeights): void {
  message(writer, 1, (inner) => writeTensor(inner, values));
  message(writer, 2, (inner) => writeTensor(inner, indices));
  for (const dim of dims) integer(writer, 3, dim);
}

function writeAnyInfo(writer: Writer, info: Info): void {
  if ('datatype' in info) {
    writeInfo(writer, info);
    return;
  }
  text(writer, 1, info.name);
  // A type that is a sequence of a type.
  message(writer, 2, (type) =>
    message(type, 4, (sequence) =>
      message(sequence, 1, (element) => {
        if ('tensorsOf' in info) message(element, 1, (tensor) => writeTensorType(tensor, info.tensorsOf, undefined));
        else message(element, 5, (map) => writeMap(map, info.mapsBy));
      }),
    ),
  );
}

function writeMap(writer: Writer, keys: Datatype): void {
  integer(writer, 1, elementTypes[keys]);
  message(writer, 2, (value) => message(value, 1, (tensor) => writeTensorType(tensor, 'FP32', undefined)));
}
