/** A candidate beside the current version: on the same inputs, by turns, in one process, so that both have the same machine. */
import { breakingChanges, InferError, type Tensor, type TrialComparison } from '@sheaf/inference';
import type { Candidate } from '../candidate.ts';
import { compact } from '../process/messages.ts';
import { type Answer, type Opened, type OpenOptions, openCandidate, sentence } from '../process/open-candidate.ts';
import { type Read, readCandidate } from '../process/read-candidate.ts';
import type { Tell } from '../process/tell.ts';
import { createComparison } from './compare-outputs.ts';

/** Pairs before any is counted. */
const warmUpPairs = 3;
const pairsMin = 5;
const pairsMax = 200;
const budgetMs = 2_000;

export interface Subject {
  readonly read: Read;
  readonly opened: Opened;
  readonly inputs: readonly (readonly Tensor[])[];
}

export async function compareWith(
  subject: Subject,
  against: Candidate,
  options: Pick<OpenOptions, 'limits' | 'onStuck'>,
  tell: Tell,
): Promise<void> {
  const why = (text: string): void => tell.found('answers', `it cannot be compared with the current version: ${text}`);
  const current = await readCandidate(against, options.limits, {
    ...tell,
    found: (_, text) => why(text),
    facts: () => {},
  });
  if (!current) return;
  const opened = await openCandidate(current, { ...options, isProven: false }).catch((error: unknown) => {
    why(sentence(error));
    return undefined;
  });
  if (!opened) return;
  try {
    const comparison = createComparison();
    const speed = await alternate(subject, opened, comparison.add);
    const breaking = breakingChanges(opened.signature, subject.opened.signature);
    const sizeRatio = bytesOf(subject.read) / Math.max(1, bytesOf(current));
    tell.facts({ against: { ...speed, sizeRatio, breaking, outputs: comparison.outputs() } });
  } finally {
    await opened.close();
  }
}

const bytesOf = ({ version }: Read): number => version.content.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

type Speed = Pick<TrialComparison, 'timeRatio' | 'runMs' | 'currentRunMs' | 'pairs'>;

/** Runs both on each input, the one first and then the other. `onPair` hears each pair of answers to an input once. */
async function alternate(
  { opened, inputs }: Subject,
  current: Opened,
  onPair: (current: Answer, candidate: Answer) => void,
): Promise<Speed> {
  const ratios: number[] = [];
  const own: number[] = [];
  const theirs: number[] = [];
  const usable: (readonly Tensor[])[] = [];
  for (const call of inputs) {
    const pair = await bothOf(current, opened, call, true);
    if (!pair) continue;
    usable.push(call);
    onPair(...pair);
  }
  for (let index = 0, ms = 0; usable.length > 0 && index < pairsMax + warmUpPairs; index++) {
    if (ratios.length >= pairsMin && ms > budgetMs) break;
    const pair = await bothOf(current, opened, usable[index % usable.length] as readonly Tensor[], index % 2 === 0);
    if (!pair) continue;
    const [before, after] = pair;
    ms += before.ms + after.ms;
    if (index < warmUpPairs) continue;
    own.push(after.ms);
    theirs.push(before.ms);
    ratios.push(after.ms / before.ms);
  }
  return compact({ timeRatio: median(ratios), runMs: median(own), currentRunMs: median(theirs), pairs: ratios.length });
}

/** Undefined where one of them refuses the input. */
async function bothOf(
  current: Opened,
  candidate: Opened,
  call: readonly Tensor[],
  isCurrentFirst: boolean,
): Promise<[Answer, Answer] | undefined> {
  try {
    if (isCurrentFirst) return [await current.ask(call), await candidate.ask(call)];
    const after = await candidate.ask(call);
    return [await current.ask(call), after];
  } catch (error) {
    if (error instanceof InferError) return undefined;
    throw error;
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.filter(Number.isFinite).sort((one, other) => one - other);
  return sorted[sorted.length >> 1];
}
