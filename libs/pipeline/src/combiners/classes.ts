import type { TensorType } from '../types/tensor-type.ts';

export interface Classes {
  /** In the order of the combined answer; undefined where nobody names them. */
  readonly common: readonly string[] | undefined;
  /** Of each member, in the order of its own answer; undefined where that is the common one. */
  readonly own: readonly (readonly string[] | undefined)[];
}

interface Labelled {
  readonly name: string;
  readonly labels: readonly string[] | undefined;
}

/**
 * What the classes of an ensemble and its members are called: as the pipeline says, else as the model files say. A member of which neither says
 * anything has the ensemble's order. Answers a sentence where two model files name different classes and the pipeline says nothing of it. `isMixed`: one
 * answer is made of all, class by class; else only what the pipeline itself says counts.
 */
export function classesOf(
  members: readonly Labelled[],
  labels: readonly string[] | undefined,
  isMixed: boolean,
  answers: readonly TensorType[],
): Classes | string {
  const told = answers.map((answer) =>
    (isMixed || labels !== undefined) && answer.datatype !== 'INT64' ? answer.labels : undefined,
  );
  const first = told.findIndex((one) => one !== undefined);
  const common = labels ?? told[first];
  const own = members.map((member, index) => member.labels ?? (isSame(told[index], common) ? told[index] : undefined));
  const other = told.findIndex((one) => one !== undefined && !isSame(one, common));
  if (labels || other === -1 || members.some((member) => member.labels)) return { common, own };
  const named = (index: number): string => `those of "${members[index]?.name}" are ${shown(told[index] ?? [])}`;
  return `the members' models name different classes: ${named(first)}, ${named(other)}; say which is which by \`labels\` here and in the members`;
}

/** In any order. */
const isSame = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  a !== undefined && b !== undefined && [...a].sort().join('\n') === [...b].sort().join('\n');

const shownMax = 6;
const shown = (labels: readonly string[]): string =>
  labels.length > shownMax ? `${labels.slice(0, shownMax).join(', ')}, ...` : labels.join(', ');
