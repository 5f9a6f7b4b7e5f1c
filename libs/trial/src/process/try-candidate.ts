/** All that is looked at in one candidate, in the order in which it is. What makes the rest meaningless ends it. */
import { batchabilityText } from '@sheaf/runtime';
import { compareWith } from '../checks/compare-with.ts';
import { checkDeterminism, checkThreads } from '../checks/determinism.ts';
import { runGolden } from '../checks/golden.ts';
import { madeUpInputs } from '../checks/made-up-inputs.ts';
import { notNumbers } from '../checks/not-numbers.ts';
import type { TrialLimits } from '../limits.ts';
import { compact, type TrialJob } from './messages.ts';
import { isOutOfMemory, type Opened, openCandidate, sentence } from './open-candidate.ts';
import { type Read, readCandidate } from './read-candidate.ts';
import type { Tell } from './tell.ts';

export async function tryCandidate({ candidate, against }: TrialJob, limits: TrialLimits, tell: Tell): Promise<void> {
  tell.step('its files were read');
  const read = await readCandidate(candidate, limits, tell);
  if (!read) return;
  tell.facts({ declared: read.version.signature });
  tell.step('it was loaded');
  const opened = await open(read, limits, tell);
  if (!opened) return;
  try {
    tell.step('its golden set was run');
    const golden = await runGolden(read, opened, tell);
    tell.step('it was run on made-up input');
    const { inputs, answers, why } = await madeUpInputs(opened);
    if (why !== undefined) tell.found('inputs', why);
    for (const text of notNumbers(inputs, answers)) tell.found('not-a-number', text);
    const known = [...golden, ...inputs];
    await checkDeterminism(opened, known, tell);
    tell.step('it was run in several threads');
    await checkThreads(read, known, { limits, onStuck: stuck(tell) }, tell);
    if (!against) return;
    tell.step('it was compared with the current version');
    await compareWith({ read, opened, inputs: known }, against, { limits, onStuck: stuck(tell) }, tell);
  } finally {
    tell.step('it was closed');
    await opened.close();
  }
}

const stuck =
  (tell: Tell) =>
  (what: string): void =>
    void tell.end('time', `it ends the process that loads it: ${what} passed its limit and cannot be stopped`);

/** Undefined where it cannot be loaded, which has been told. */
async function open(read: Read, limits: TrialLimits, tell: Tell): Promise<Opened | undefined> {
  const startedAt = performance.now();
  try {
    const opened = await openCandidate(read, { limits, onStuck: stuck(tell) });
    const { signature, batchability, notices = [] } = opened;
    for (const text of notices) tell.found('declared', text);
    tell.facts({
      signature,
      loadMs: performance.now() - startedAt,
      ...(batchability && { batching: batchingOf(batchability) }),
    });
    return opened;
  } catch (error) {
    if (isOutOfMemory(error)) tell.found('memory', sentence(error), 'RESOURCE_EXHAUSTED');
    else tell.found('load', sentence(error));
    return undefined;
  }
}

const batchingOf = (batchability: NonNullable<Opened['batchability']>) => {
  const { batched, rowsMax, byWord } = batchability;
  return compact({ batched, rowsMax, byWord, text: batchabilityText(batchability) });
};
