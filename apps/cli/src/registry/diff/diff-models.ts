/** What is other in one model than in another: what callers see of it, its graph, its weights one by one. */
import type { Signature, TensorSpec } from '@sheaf/inference';
import type { GraphFacts, GraphWeight } from '@sheaf/onnx';
import { type FloatsApart, floatsApart } from './floats.ts';

export interface ModelSide {
  readonly signature: Signature;
  readonly graph: GraphFacts;
}

export interface TensorChange {
  readonly place: 'input' | 'output';
  readonly name: string;
  /** Undefined: it is not there. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface WeightChange {
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Where both are floats of one shape. */
  readonly apart?: FloatsApart;
}

export interface ModelDiff {
  readonly signature: readonly TensorChange[];
  /** How often each operator stands there, where that is not the same. */
  readonly operators: readonly { readonly operator: string; readonly from: number; readonly to: number }[];
  /** Nodes that only one of both has. */
  readonly nodes: { readonly same: number; readonly removed: number; readonly added: number };
  readonly weights: { readonly same: number; readonly changes: readonly WeightChange[] };
}

export const diffModels = (from: ModelSide, to: ModelSide): ModelDiff => ({
  signature: [
    ...tensorChanges('input', from.signature.inputs, to.signature.inputs),
    ...tensorChanges('output', from.signature.outputs, to.signature.outputs),
  ],
  operators: operatorChanges(from.graph, to.graph),
  nodes: nodeCounts(from.graph, to.graph),
  weights: weightChanges(from.graph.weights, to.graph.weights),
});

const specText = ({ datatype, shape }: TensorSpec): string => `${datatype} [${shape.join(', ')}]`;

function tensorChanges(
  place: TensorChange['place'],
  from: readonly TensorSpec[],
  to: readonly TensorSpec[],
): TensorChange[] {
  return pairsByName(from, to)
    .map(({ name, one, other }) => ({ place, name, from: one && specText(one), to: other && specText(other) }))
    .filter((change) => change.from !== change.to);
}

function operatorChanges(from: GraphFacts, to: GraphFacts): ModelDiff['operators'] {
  const [one, other] = [from, to].map(({ nodes }) => Map.groupBy(nodes, ({ operator }) => operator));
  const all = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])].sort();
  return all
    .map((operator) => ({
      operator,
      from: one?.get(operator)?.length ?? 0,
      to: other?.get(operator)?.length ?? 0,
    }))
    .filter((counts) => counts.from !== counts.to);
}

function nodeCounts(from: GraphFacts, to: GraphFacts): ModelDiff['nodes'] {
  const left = new Map<string, number>();
  for (const { sha256 } of from.nodes) left.set(sha256, (left.get(sha256) ?? 0) + 1);
  let same = 0;
  for (const { sha256 } of to.nodes) {
    const count = left.get(sha256) ?? 0;
    if (count === 0) continue;
    left.set(sha256, count - 1);
    same++;
  }
  return { same, removed: from.nodes.length - same, added: to.nodes.length - same };
}

const weightText = ({ datatype, shape }: GraphWeight): string => `${datatype} [${shape.join(', ')}]`;

function weightChanges(from: readonly GraphWeight[], to: readonly GraphWeight[]): ModelDiff['weights'] {
  const pairs = pairsByName(from, to);
  const changes = pairs
    .filter(({ one, other }) => !one || !other || one.sha256 !== other.sha256 || weightText(one) !== weightText(other))
    .map(({ name, one, other }): WeightChange => {
      const apart = one && other ? apartOf(one, other) : undefined;
      return { name, from: one && weightText(one), to: other && weightText(other), ...(apart && { apart }) };
    });
  return { same: pairs.length - changes.length, changes };
}

function apartOf(one: GraphWeight, other: GraphWeight): FloatsApart | undefined {
  if (!one.floats || !other.floats || weightText(one) !== weightText(other)) return undefined;
  if (one.floats.byteLength !== other.floats.byteLength) return undefined;
  return floatsApart(one.floats, other.floats, one.datatype === 'FP32' ? 4 : 8);
}

/** By name, in the order of the second, and then what only the first has. */
function pairsByName<T extends { readonly name: string }>(from: readonly T[], to: readonly T[]) {
  const ofFrom = new Map(from.map((one) => [one.name, one]));
  const ofTo = new Map(to.map((one) => [one.name, one]));
  const names = [...new Set([...ofTo.keys(), ...ofFrom.keys()])];
  return names.map((name) => ({ name, one: ofFrom.get(name), other: ofTo.get(name) }));
}
