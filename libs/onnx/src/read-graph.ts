/** What a model computes with: its nodes and its weights, one by one, so that two models can be held against each other. */
import { hash } from 'node:crypto';
import { datatypes, elementTypeName } from './element-types.ts';
import { type ExternalTensor, externalTensor } from './external-data.ts';
import { defaultModelLimits, type ModelLimits, operatorOf, partsOf } from './read-model.ts';
import { bytesField, field, intField, intsField, joined, type Message, messagesField, stringField } from './wire.ts';

export interface GraphNode {
  /** As `domain:op`, or `op` of the default domain. */
  readonly operator: string;
  readonly name: string;
  /** SHA-256, hex, of all that it is but its name: two of one hash compute the same from the same. */
  readonly sha256: string;
}

export interface GraphWeight {
  readonly name: string;
  /** A datatype of the protocol, or what ONNX calls it. */
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Of its numbers as they stand there: 64 hex digits. */
  readonly sha256: string;
  /** Its numbers, little-endian, where they are floats of 32 or 64 bits. A view on the file. */
  readonly floats?: Uint8Array;
}

export interface GraphFacts {
  /** Of the outermost graph. */
  readonly nodes: readonly GraphNode[];
  readonly weights: readonly GraphWeight[];
}

/** Where numbers stand in a TensorProto, by what they are; `raw_data` first. */
const numberFields = [9, 4, 5, 6, 7, 10, 11];
const [rawField, floatField, doubleField] = [9, 4, 10] as const;

/** Throws FAILED_PRECONDITION for what is no model. `readExternal` answers the bytes of a weight that is in a file beside it. */
export function readGraph(
  bytes: Uint8Array,
  readExternal: (tensor: ExternalTensor) => Uint8Array,
  limits: ModelLimits = defaultModelLimits,
): GraphFacts {
  const { graph, nodes } = partsOf(bytes, limits);
  return {
    nodes: nodes.map((node) => ({ operator: operatorOf(node), name: stringField(node, 3), sha256: hashOfNode(node) })),
    weights: messagesField(graph, 5).map((tensor) => weightOf(tensor, readExternal)),
  };
}

function hashOfNode(node: Message): string {
  const parts = [...node].filter(([number]) => number !== 3 && number !== 6).toSorted(([a], [b]) => a - b);
  const text = parts.flatMap(([number, values]) =>
    values.map((value) => `${number}:${typeof value === 'number' ? value : hash('sha256', value)}`),
  );
  return hash('sha256', text.join('\n'));
}

function weightOf(tensor: Message, readExternal: (tensor: ExternalTensor) => Uint8Array): GraphWeight {
  const external = externalTensor(tensor);
  const type = intField(tensor, 2);
  const datatype = datatypes.get(type) ?? elementTypeName(type);
  const numbers = external ? readExternal(external) : numbersOf(tensor);
  const own = datatype === 'FP32' ? floatField : doubleField;
  // Packed floats stand as they do in memory; all other lists are varints.
  const areFloats = datatype === 'FP32' || datatype === 'FP64';
  const floats = external ? numbers : (bytesField(tensor, rawField) ?? bytesField(tensor, own));
  return {
    name: stringField(tensor, 8),
    datatype,
    shape: intsField(tensor, 1),
    sha256: hash('sha256', numbers),
    ...(areFloats && floats && { floats }),
  };
}

const numbersOf = (tensor: Message): Uint8Array =>
  joined(
    numberFields.flatMap((number) =>
      field(tensor, number).map((value) => (value instanceof Uint8Array ? value : Buffer.from(`${value},`))),
    ),
  );
