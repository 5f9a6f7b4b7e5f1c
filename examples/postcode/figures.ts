/** How well pages were read, held against what the README says. */
import { readFile } from 'node:fs/promises';
import type { LabelledPage, Reading } from './read-page.ts';

type Box = readonly number[];

/** Intersection over union of two boxes. */
export function overlap(a: Box, b: Box): number {
  const [ax0 = 0, ay0 = 0, ax1 = 0, ay1 = 0] = a;
  const [bx0 = 0, by0 = 0, bx1 = 0, by1 = 0] = b;
  const shared =
    Math.max(0, Math.min(ax1, bx1) - Math.max(ax0, bx0)) * Math.max(0, Math.min(ay1, by1) - Math.max(ay0, by0));
  const union = (ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - shared;
  return union === 0 ? 0 : shared / union;
}

/** Edits from one text to the other (Levenshtein): a digit missed, invented or misread counts one. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (left === right ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

export interface Figures {
  /** 1 - edits / digits on the pages. */
  readonly digits: number;
  /** Pages whose whole text is right. */
  readonly pages: number;
  /** True boxes that a found one overlaps with IoU >= 0.5. */
  readonly boxes: number;
  /** Of all digits on the pages: found and read right by the ensemble. */
  readonly ensemble: number;
  /** The same by each member alone, in the order of their names. */
  readonly members: readonly number[];
  /** The ensemble's share less that of its best member. */
  readonly gain: number;
  /** Half the width of its 95 % interval. */
  readonly gainMargin: number;
}

/** One digit that is on a page: who read it right. All are wrong about one that was not found. */
interface Judged {
  readonly ensemble: boolean;
  readonly members: readonly boolean[];
}

/** A page without an answer counts as wrong. */
export function score(pages: readonly LabelledPage[], readings: readonly Reading[]): Figures {
  const byFile = new Map(readings.map((reading) => [reading.file, reading]));
  const digits = pages.reduce((total, { text }) => total + text.length, 0);
  const wrong = pages.reduce((total, { file, text }) => total + edits(byFile.get(file)?.text ?? '', text), 0);
  const judged = pages.flatMap((labelled) => judge(labelled, byFile.get(labelled.file)));
  const found = judged.filter((digit) => digit !== undefined);
  const memberCount = found[0]?.members.length ?? 0;
  const members = Array.from(
    { length: memberCount },
    (_, k) => found.filter((digit) => digit.members[k]).length / digits,
  );
  const best = members.indexOf(Math.max(...members));
  return {
    digits: 1 - wrong / digits,
    pages: pages.filter(({ file, text }) => byFile.get(file)?.text === text).length / pages.length,
    boxes: found.length / digits,
    ensemble: found.filter(({ ensemble }) => ensemble).length / digits,
    members,
    ...gainOver(found, best, digits),
  };
}

function judge({ text, boxes }: LabelledPage, reading: Reading | undefined): (Judged | undefined)[] {
  return boxes.map((box, index) => {
    const overlaps = (reading?.boxes ?? []).map((candidate) => overlap(box, candidate));
    const nearest = overlaps.indexOf(Math.max(...overlaps));
    if (!reading || (overlaps[nearest] ?? 0) < 0.5) return undefined;
    const members = (reading.votes[nearest] ?? []).map((vote) => vote === text[index]);
    return { ensemble: reading.text[nearest] === text[index], members };
  });
}

/** The difference of two paired shares with its Wald interval (Agresti, Categorical Data Analysis, section 11.1). */
function gainOver(found: readonly Judged[], member: number, digits: number): Pick<Figures, 'gain' | 'gainMargin'> {
  const won = found.filter(({ ensemble, members }) => ensemble && !members[member]).length;
  const lost = found.filter(({ ensemble, members }) => !ensemble && members[member]).length;
  const gain = (won - lost) / digits;
  const deviation = Math.sqrt(won + lost - (won - lost) ** 2 / digits) / digits;
  return { gain, gainMargin: 1.96 * deviation };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The figures as the README's table has them. `members` are the models of the ensemble, in the order of its members. */
export const figureRows = (figures: Figures, members: readonly string[]): [name: string, figure: string][] => [
  ['digits right', percent(figures.digits)],
  ['pages right', percent(figures.pages)],
  ['boxes found', percent(figures.boxes)],
  ...members.map((name, index): [string, string] => [`${name} alone`, percent(figures.members[index] ?? 0)]),
  ['the ensemble', percent(figures.ensemble)],
];

/** The figures that are lower than the README says; a run that has one fails. */
export async function belowReadme(rows: readonly (readonly [string, string])[]): Promise<string[]> {
  const readme = await readFile(new URL('README.md', import.meta.url), 'utf8');
  return rows.flatMap(([name, figure]) => {
    const promised = new RegExp(`^\\| ${name} \\| ([0-9.]+ %) \\|$`, 'm').exec(readme)?.[1];
    if (promised === undefined) throw new Error(`the README has no figure for "${name}"`);
    return Number.parseFloat(figure) < Number.parseFloat(promised)
      ? [`${name}: ${figure}; the README says ${promised}`]
      : [];
  });
}
