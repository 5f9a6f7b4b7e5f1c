import type { EnsembleStep } from '../language/spec.ts';
import type { TensorType } from './tensor-type.ts';

export interface Classes {
  /** In the order of the combined answer; undefined where nobody names them. */
  readonly common: readonly string[] | undefined;
  /** Of each member, in the order of its own answer; undefined where that is the common one. */
  readonly own: readonly (readonly string[] | undefined)[];
}

/**
 * What the classes of an ensemble and its members are called: as the pipeline says, else as the model files say. A member of which neither says
 * anything has the ensemble's order. Answers a sentence where two model files name different classes and the pipeline says nothing of it.
 */
export function classesOf({ members, combine }: EnsembleStep, answers: readonly TensorType[]): Classes | string {
  // What a stack joins is not mixed: only what the pipeline itself says of it counts.
  const isMixed = combine.kind !== 'stack' || combine.labels !== undefined;
  const told = answers.map(({ datatype, labels }) => (isMixed && datatype !== 'INT64' ? labels : undefined));
  const first = told.findIndex((labels) => labels !== undefined);
  const common = combine.labels ?? told[first];
  const own = members.map(({ labels }, index) => labels ?? (isSame(told[index], common) ? told[index] : undefined));
  const other = told.findIndex((labels) => labels !== undefined && !isSame(labels, common));
  if (combine.labels || other === -1 || members.some(({ labels }) => labels)) return { common, own };
  const named = (index: number): string => `those of "${members[index]?.name}" are ${shown(told[index] ?? [])}`;
  return `the members' models name different classes: ${named(first)}, ${named(other)}; say which is which by \`labels\` here and in the members`;
}

/** In any order. */
const isSame = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  a !== undefined && b !== undefined && [...a].sort().join('\n') === [...b].sort().join('\n');

const shownMax = 6;
const shown = (labels: readonly string[]): string =>
  labels.length > shownMax ? `${labels.slice(0, shownMax).join(', ')}, ...` : labels.join(', ');
