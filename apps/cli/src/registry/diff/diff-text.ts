/** A diff as text. */
import type { TrialComparison } from '@sheaf/inference';
import { printable, table } from '@sheaf/terminal';
import type { ModelDiff, WeightChange } from './diff-models.ts';

export interface FileChange {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
}

export interface SaidChange {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

/** Of two models. */
export interface Compared {
  readonly model: ModelDiff;
  /** Undefined: none of both was run. */
  readonly answers?: TrialComparison;
}

/** Weights that are shown; the rest is counted. */
const weightsMax = 40;

export function diffText(
  files: readonly FileChange[],
  said: readonly SaidChange[],
  compared: Compared | undefined,
): string {
  if (files.length === 0 && said.length === 0) return 'both have the same content';
  const lines: string[] = [];
  if (said.length > 0)
    lines.push(table(said.map(({ what, from, to }) => [what, `${printable(from)} -> ${printable(to)}`])));
  lines.push(
    files.length > 0 ? table(files.map(({ path, change }) => [change, printable(path)])) : 'all files are the same',
  );
  if (compared) lines.push(...modelLines(compared.model));
  if (compared?.answers) lines.push(...answerLines(compared.answers));
  return lines.join('\n');
}

function modelLines({ signature, operators, nodes, weights }: ModelDiff): string[] {
  const tensors = signature.map(({ place, name, from = 'none', to = 'none' }) => [
    `${place} ${printable(name)}`,
    `${from} -> ${to}`,
  ]);
  const counts = operators.map(({ operator, from, to }) => [printable(operator), `${from} -> ${to}`]);
  const changes = weights.changes.slice(0, weightsMax).map(weightRow);
  const more = weights.changes.length - changes.length;
  return [
    tensors.length > 0 ? table(tensors) : 'inputs and outputs are the same',
    `nodes: ${nodes.same} are the same, ${nodes.removed} are gone, ${nodes.added} are new`,
    ...(counts.length > 0 ? [table(counts)] : []),
    `weights: ${weights.same} are the same, ${weights.changes.length} are not`,
    ...(changes.length > 0 ? [table([['weight', 'shape', 'largest', 'mean', 'others'], ...changes])] : []),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

function weightRow({ name, from, to, apart }: WeightChange): string[] {
  const shape = from === to ? (to ?? '') : `${from ?? 'none'} -> ${to ?? 'none'}`;
  if (!apart) return [printable(name), shape];
  const { largest, mean, changed, count } = apart;
  return [printable(name), shape, largest.toPrecision(3), mean.toPrecision(3), `${changed} of ${count}`];
}

function answerLines({ outputs, timeRatio }: TrialComparison): string[] {
  const rows = outputs.map(({ output, agreement, compared, differenceMax }) => [
    printable(output),
    `${(100 * agreement).toFixed(1)} % of ${compared}`,
    differenceMax === undefined ? '' : differenceMax.toPrecision(3),
  ]);
  return [
    rows.length > 0 ? table([['answers', 'the same', 'largest'], ...rows]) : 'no answers could be compared',
    ...(timeRatio === undefined ? [] : [`a run takes ${timeRatio.toPrecision(3)} times as long`]),
  ];
}
