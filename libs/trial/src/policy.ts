/** How much a finding matters, and what of the figures is one. */
import type { TrialCheck, TrialFinding, TrialLevel, TrialReport, TrialVerdict } from '@sheaf/inference';

export interface TrialPolicy {
  /** What a finding of each check is. */
  readonly levels: Readonly<Record<TrialCheck, TrialLevel>>;
  /** Times the current version's run that is `speed`. Default 2. */
  readonly timeRatioMax: number;
  /** Times the current version's files that is `size`. Default 2. */
  readonly sizeRatioMax: number;
}

/** What of it is said; the rest is as it is unless told. */
export interface GivenPolicy extends Partial<Omit<TrialPolicy, 'levels'>> {
  readonly levels?: Partial<TrialPolicy['levels']>;
}

/** A run that is so much longer matters to nobody, whatever the ratio. Milliseconds. */
const timeDifferenceMinMs = 0.5;

/**
 * What cannot be served fails, and so does what its own author says it must not do. What may be meant, but surprises those who are not told, warns. What is
 * only good to know is noted.
 */
export const trialPolicy: TrialPolicy = {
  levels: {
    file: 'fail',
    settings: 'fail',
    load: 'fail',
    memory: 'fail',
    time: 'fail',
    process: 'fail',
    golden: 'fail',
    'not-a-number': 'warn',
    determinism: 'warn',
    signature: 'warn',
    size: 'warn',
    speed: 'warn',
    declared: 'note',
    inputs: 'note',
    answers: 'note',
  },
  timeRatioMax: 2,
  sizeRatioMax: 2,
};

/** A finding whose weight nobody has said yet. */
export type Found = Pick<TrialFinding, 'check' | 'text' | 'code'>;

/** What the figures of a comparison come to. */
export function comparisonFindings(against: TrialReport['against'], policy: TrialPolicy): Found[] {
  if (!against) return [];
  const { timeRatio, runMs = 0, currentRunMs = 0, sizeRatio, breaking, outputs } = against;
  const current = `${against.name}/${against.version}`;
  const found: Found[] = breaking.map((text) => ({
    check: 'signature',
    text: `it cannot stand in for ${current}: ${text}`,
  }));
  if (sizeRatio > policy.sizeRatioMax)
    found.push({ check: 'size', text: `its files take ${round(sizeRatio)} times the bytes of those of ${current}` });
  if (timeRatio !== undefined && timeRatio > policy.timeRatioMax && runMs - currentRunMs > timeDifferenceMinMs)
    found.push({
      check: 'speed',
      text: `a run takes ${round(timeRatio)} times as long as one of ${current} (${round(runMs)} ms, ${round(currentRunMs)} ms)`,
    });
  for (const { output, agreement, compared, differenceMax } of outputs)
    if (agreement < 1)
      found.push({
        check: 'answers',
        text: `output "${output}" is another than that of ${current} for ${Math.round((1 - agreement) * compared)} of ${compared} inputs${differenceMax === undefined ? '' : `, by ${round(differenceMax)} at most`}`,
      });
  return found;
}

const round = (value: number): number => Number(value.toPrecision(3));

const order: readonly TrialLevel[] = ['fail', 'warn', 'note'];

/** Says how much each finding matters, and sorts them, the worst first. */
export const judged = (found: readonly Found[], { levels }: TrialPolicy): TrialFinding[] =>
  found
    .map(({ check, text, code = 'FAILED_PRECONDITION' }): TrialFinding => {
      const level = levels[check];
      return level === 'fail' ? { check, level, text, code } : { check, level, text };
    })
    .sort((one, other) => order.indexOf(one.level) - order.indexOf(other.level));

export function verdictOf(findings: readonly TrialFinding[]): TrialVerdict {
  const worst = findings[0]?.level;
  return worst === undefined || worst === 'note' ? 'pass' : worst;
}
