/** Walks an ONNX file by hand: what a server must know, and no weight is ever copied. */
import { InferError, type Signature } from '@sheaf/inference';
import { type Edges, edgesOf } from './edges.ts';
import { visitModel } from './everything.ts';
import { type ExternalFile, type ExternalTensor, externalTensor, filesOf, mustBeMapped } from './external-data.ts';
import { refuse, refuseLarge } from './refusal.ts';
import { checkSupported } from './supported.ts';
import type { TensorLimits } from './tensor-specs.ts';
import { field, intField, type Message, messageField, messagesField, stringField, stringsField, walk } from './wire.ts';
import { isZipMap } from './zip-map.ts';

export interface ModelLimits extends TensorLimits {
  readonly fileBytesMax: number;
  /** Those of branches, loops and functions among them. */
  readonly nodesMax: number;
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
  /** The tool that made the file, and its version. */
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
  /** Files beside the model that it keeps weights in. */
  readonly externalFiles: readonly ExternalFile[];
  /** The runtime has to map them into its memory itself, since one of the tensors is too large for it to be given. */
  readonly mapped: boolean;
  /** What is served in another way than the file says, a sentence each. */
  readonly notices: readonly string[];
}

/** Reads what a model file says of itself. Throws FAILED_PRECONDITION with a sentence for whatever is wrong with it, and RESOURCE_EXHAUSTED where it is too large. */
export function readModel(bytes: Uint8Array, limits: ModelLimits = defaultModelLimits): ModelFacts {
  if (bytes.byteLength === 0) throw refuse('the model file is empty');
  if (bytes.byteLength > limits.fileBytesMax)
    throw refuseLarge(`the model file takes ${bytes.byteLength} bytes; the limit is ${limits.fileBytesMax}`);
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
  const { model, nodes, allNodes, external, edges } = partsOf(bytes, limits);
  checkSupported(model, allNodes);
  const signature = {
    inputs: edges.inputs.map(({ spec }) => spec),
    outputs: edges.outputs.map(({ spec }) => spec),
  };
  return {
    irVersion: intField(model, 1),
    producer: [stringField(model, 2), stringField(model, 3)].filter(Boolean).join(' '),
    opsets: messagesField(model, 8).map((opset) => ({ domain: stringField(opset, 1), version: intField(opset, 2) })),
    metadata: new Map(messagesField(model, 14).map((entry) => [stringField(entry, 1), stringField(entry, 2)])),
    signature,
    nodes: nodes.length,
    operators: [...new Set(nodes.map(operatorOf))].sort(),
    sizeBytes: bytes.byteLength,
    externalFiles: filesOf(external),
    mapped: mustBeMapped(external),
    notices: edges.notices,
  };
}

export function operatorOf(node: Message): string {
  const domain = stringField(node, 7);
  const op = stringField(node, 4);
  return domain === '' ? op : `${domain}:${op}`;
}

/** The parts of a model file that reading and editing it go by. */
export interface ModelParts {
  readonly model: Message;
  readonly graph: Message;
  readonly nodes: readonly Message[];
  /** Also those of branches, loops and functions. */
  readonly allNodes: readonly Message[];
  readonly external: readonly ExternalTensor[];
  readonly edges: Edges;
}

export function partsOf(bytes: Uint8Array, limits: ModelLimits): ModelParts {
  const model = walk(bytes);
  const graph = messageField(model, 7);
  if (!graph) throw refuse('the file is not an ONNX model: it holds no graph');
  const tooMany = (count: number): InferError =>
    refuseLarge(`the model has ${count} nodes or more; the limit is ${limits.nodesMax}`);
  // Counted before any is walked, since each takes a hundred times the memory then.
  const count = field(graph, 1).length;
  if (count > limits.nodesMax) throw tooMany(count);
  const nodes = messagesField(graph, 1);
  const allNodes: Message[] = [];
  const external: ExternalTensor[] = [];
  visitModel(model, graph, {
    node: (node) => {
      allNodes.push(node);
      if (allNodes.length > limits.nodesMax) throw tooMany(allNodes.length);
    },
    tensor: (tensor) => {
      const found = externalTensor(tensor);
      if (found) external.push(found);
    },
  });
  const read = new Set(allNodes.flatMap((node) => (isZipMap(node) ? [] : stringsField(node, 1))));
  return { model, graph, nodes, allNodes, external, edges: edgesOf(graph, { nodes, read }, limits) };
}
