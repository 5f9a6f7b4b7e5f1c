/** Makes ONNX models in TypeScript: small graphs for tests and examples. */
import type { Datatype, Tensor } from '@sheaf/inference';
import type { Writer } from 'protobufjs/minimal.js';
import protobuf from 'protobufjs/minimal.js';

/** A number is fixed, a string symbolic, -1 unknown. */
export type Dim = number | string;

export interface TensorInfo {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly Dim[];
}

/** A bigint or a list of them is INT; a number or a list of them FLOAT. */
export type Attribute =
  | bigint
  | number
  | string
  | readonly bigint[]
  | readonly number[]
  | { readonly graph: GraphSpec }
  | { readonly tensor: Tensor };

export interface NodeSpec {
  readonly op: string;
  /** Default: ONNX's own. */
  readonly domain?: string;
  /** '' for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface GraphSpec {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly nodes: readonly NodeSpec[];
  readonly initializers?: readonly Tensor[];
}

export interface ModelSpec extends GraphSpec {
  /** Default 21. */
  readonly opset?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

const irVersion = 10;

const elementTypes: Readonly<Record<Datatype, number>> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
  BF16: 16,
};

/** ONNX AttributeProto.AttributeType. */
const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7 } as const;

type Write = (writer: Writer) => void;

const message = (writer: Writer, field: number, write: Write): void => {
  writer.uint32((field << 3) | 2).fork();
  write(writer);
  writer.ldelim();
};
const text = (writer: Writer, field: number, value: string): void => void writer.uint32((field << 3) | 2).string(value);
const integer = (writer: Writer, field: number, value: number): void => void writer.uint32(field << 3).int64(value);

/** The bytes of a model file. What the graph says is written as it is: a wrong graph makes a wrong model, which tests want too. */
export function buildModel(spec: ModelSpec): Uint8Array {
  const writer = protobuf.Writer.create();
  integer(writer, 1, irVersion);
  text(writer, 2, 'sheaf');
  message(writer, 7, (inner) => writeGraph(inner, spec));
  message(writer, 8, (inner) => integer(inner, 2, spec.opset ?? 21));
  for (const [key, value] of Object.entries(spec.metadata ?? {})) {
    message(writer, 14, (inner) => {
      text(inner, 1, key);
      text(inner, 2, value);
    });
  }
  return writer.finish();
}

function writeGraph(writer: Writer, { nodes, initializers = [], inputs, outputs }: GraphSpec): void {
  for (const node of nodes) message(writer, 1, (inner) => writeNode(inner, node));
  text(writer, 2, 'graph');
  for (const tensor of initializers) message(writer, 5, (inner) => writeTensor(inner, tensor));
  for (const info of inputs) message(writer, 11, (inner) => writeInfo(inner, info));
  for (const info of outputs) message(writer, 12, (inner) => writeInfo(inner, info));
}

function writeNode(writer: Writer, { op, domain = '', inputs, outputs, attributes = {} }: NodeSpec): void {
  for (const name of inputs) text(writer, 1, name);
  for (const name of outputs) text(writer, 2, name);
  text(writer, 4, op);
  for (const [name, value] of Object.entries(attributes))
    message(writer, 5, (inner) => writeAttribute(inner, name, value));
  if (domain !== '') text(writer, 7, domain);
}

function writeAttribute(writer: Writer, name: string, value: Attribute): void {
  text(writer, 1, name);
  if (typeof value === 'bigint') integer(writer, 3, Number(value));
  else if (typeof value === 'number') writer.uint32((2 << 3) | 5).float(value);
  else if (typeof value === 'string') text(writer, 4, value);
  else if ('graph' in value) message(writer, 6, (inner) => writeGraph(inner, value.graph));
  else if ('tensor' in value) message(writer, 5, (inner) => writeTensor(inner, value.tensor));
  else {
    for (const item of value) {
      if (typeof item === 'bigint') integer(writer, 8, Number(item));
      else writer.uint32((7 << 3) | 5).float(item);
    }
  }
  integer(writer, 20, attributeTypes[kindOf(value)]);
}

function kindOf(value: Attribute): keyof typeof attributeTypes {
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'string';
  if ('graph' in value) return 'graph';
  if ('tensor' in value) return 'tensor';
  return typeof value[0] === 'number' ? 'floats' : 'ints';
}

function writeTensor(writer: Writer, { name, datatype, shape, data }: Tensor): void {
  for (const dim of shape) integer(writer, 1, dim);
  integer(writer, 2, elementTypes[datatype]);
  text(writer, 8, name);
  writer.uint32((9 << 3) | 2).bytes(data);
}

function writeInfo(writer: Writer, { name, datatype, shape }: TensorInfo): void {
  text(writer, 1, name);
  message(writer, 2, (type) => {
    message(type, 1, (tensor) => {
      integer(tensor, 1, elementTypes[datatype]);
      message(tensor, 2, (dims) => {
        for (const dim of shape) message(dims, 1, (inner) => writeDim(inner, dim));
      });
    });
  });
}

function writeDim(writer: Writer, dim: Dim): void {
  if (typeof dim === 'string') text(writer, 2, dim);
  else if (dim !== -1) integer(writer, 1, dim);
}
