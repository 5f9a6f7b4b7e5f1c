/**
 * Where what callers see and what the runtime is given part: outputs that are no tensors, datatypes and names that the runtime's JavaScript has not.
 * Decided here, carried out by `edit-model.ts`.
 */
import type { TensorSpec } from '@sheaf/inference';
import { refuse } from './refusal.ts';
import { type Described, describeTensors, type Side, shapeOf, type TensorLimits } from './tensor-specs.ts';
import { type Message, messageField, messagesField, stringField, stringsField } from './wire.ts';
import { classesOf, isZipMap } from './zip-map.ts';

/** An input or output as callers see it. */
export interface Edge {
  readonly spec: TensorSpec;
  /** What the graph calls it: of an output that is cut, the tensor that is served instead. */
  readonly tensor: string;
  /** What the session calls it. Where it is not `tensor`, a node stands between: Cast for BF16, which goes as FP32, else Identity. */
  readonly session: string;
}

export interface Edges {
  readonly inputs: readonly Edge[];
  readonly outputs: readonly Edge[];
  /** What ZipMap nodes make that nothing reads any more. */
  readonly cut: ReadonlySet<string>;
  /** Whether the runtime has to be given another graph than the file's. */
  readonly changed: boolean;
  /** What is served in another way than the file says, a sentence each. */
  readonly notices: readonly string[];
}

/**
 * `nodes` are those of the graph, `read` the tensors that any node but a ZipMap reads, wherever it stands. Throws FAILED_PRECONDITION where an input
 * cannot be served, or no output can.
 */
export function edgesOf(
  graph: Message,
  { nodes, read }: { readonly nodes: readonly Message[]; readonly read: ReadonlySet<string> },
  limits: TensorLimits,
): Edges {
  const constants = new Set(messagesField(graph, 5, [8]).map((tensor) => stringField(tensor, 8)));
  const taken = messagesField(graph, 11).filter((info) => !constants.has(stringField(info, 1)));
  const given = messagesField(graph, 12);
  if (given.length === 0) throw refuse('the model has no outputs');
  const inputs = describeTensors('input', taken, limits).map(inputEdge);
  const notices = inputs.flatMap(({ spec: { name, unranked } }) =>
    unranked ? [`input "${name}" has no shape in the file; any rank is taken for it`] : [],
  );
  const outputs: Edge[] = [];
  const cut = new Set<string>();
  const left: string[] = [];
  const zipMaps = new Map(
    nodes.filter(isZipMap).flatMap((node) => stringsField(node, 2).map((output) => [output, node] as const)),
  );
  for (const [index, described] of describeTensors('output', given, limits).entries()) {
    const zip = 'why' in described ? zipMaps.get(described.name) : undefined;
    const served = zip ? { spec: unzipped(described, zip, graph, limits) } : described;
    if ('why' in served) {
      left.push(`output "${served.name}" ${served.why}`);
      continue;
    }
    const { spec } = served;
    if (zip) {
      for (const name of stringsField(zip, 2)) cut.add(name);
      notices.push(unzippedNotice(spec));
    }
    outputs.push(edgeOf('output', spec, zip ? (stringsField(zip, 1)[0] ?? '') : spec.name, index));
  }
  if (outputs.length === 0) throw refuse(`the model has no output that can be served: ${left.join('; ')}`);
  notices.push(...left.map((sentence) => `${sentence}; it is not served`));
  const isOther = ({ spec, session }: Edge): boolean => session !== spec.name;
  const changed = left.length > 0 || inputs.some(isOther) || outputs.some(isOther);
  return { inputs, outputs, cut: new Set([...cut].filter((name) => !read.has(name))), changed, notices };
}

function inputEdge(described: Described, index: number): Edge {
  if (!('why' in described)) return edgeOf('input', described.spec, described.spec.name, index);
  const { name, why } = described;
  throw refuse(`input "${name}" ${why}; a model that takes tensors only can be served`);
}

/** Names that plain objects have already, which is what the runtime's JavaScript keeps tensors in. */
const isTaken = (name: string): boolean => name in {};

function edgeOf(side: Side, spec: TensorSpec, tensor: string, index: number): Edge {
  const session = spec.datatype === 'BF16' || isTaken(tensor) ? `sheaf/${side}/${index}` : tensor;
  return { spec, tensor, session };
}

function unzippedNotice({ name, shape, labels }: TensorSpec): string {
  const dims = shape.map((dim) => (dim === -1 ? 'rows' : dim)).join(', ');
  const told = labels ? `, and its classes are told: ${shown(labels)}` : '';
  return `output "${name}" is a ZipMap, a list of maps; its tensor [${dims}] is served instead${told}`;
}

const shownMax = 8;
const shown = (labels: readonly string[]): string =>
  labels.length > shownMax ? `${labels.slice(0, shownMax).join(', ')}, ... (${labels.length})` : labels.join(', ');

/** What feeds the ZipMap, under the output's name: FP32, a row for each map, a column for each class. */
function unzipped(described: Described, zip: Message, graph: Message, limits: TensorLimits): TensorSpec {
  const name = 'why' in described ? described.name : described.spec.name;
  const [fed] = stringsField(zip, 1);
  const info = messagesField(graph, 13).find((candidate) => stringField(candidate, 1) === fed);
  const type = info && messageField(info, 2);
  const tensor = type && messageField(type, 1);
  const labels = classesOf(zip);
  const declared = tensor && shapeOf('output', name, tensor, limits);
  const shape = declared && !declared.unranked ? declared : { shape: [-1, labels?.length ?? -1] };
  return { name, datatype: 'FP32', ...shape, ...(labels ? { labels } : {}) };
}
