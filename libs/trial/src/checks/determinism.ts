/** Whether the same input has the same answer each time: caches, replays and comparisons go by that. */
import { availableParallelism } from 'node:os';
import { InferError, type Tensor } from '@sheaf/inference';
import { difference } from '@sheaf/runtime';
import { type Answer, type Opened, type OpenOptions, openCandidate, sentence } from '../process/open-candidate.ts';
import type { Read } from '../process/read-candidate.ts';
import type { Tell } from '../process/tell.ts';

/** Inputs that are run again. */
const inputsMax = 4;
/** Runs of each of them in several threads. */
const repeats = 4;
const threadsMax = 4;
/** A larger version is not loaded a second time for this. */
const sizeBytesMax = 256 * 2 ** 20;

type Calls = readonly (readonly Tensor[])[];

export const checkDeterminism = ({ ask }: Opened, inputs: Calls, tell: Tell): Promise<void> =>
  check(ask, inputs, 2, '', tell);

/** The same in as many threads as the machine has, since sums may be added up in the order in which threads are done. */
export async function checkThreads(
  read: Read,
  inputs: Calls,
  options: Pick<OpenOptions, 'limits' | 'onStuck'>,
  tell: Tell,
): Promise<void> {
  const bytes = read.version.content.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (inputs.length === 0 || bytes > sizeBytesMax) return;
  const threads = Math.max(2, Math.min(threadsMax, availableParallelism()));
  const opened = await openCandidate(read, { ...options, threads, isProven: false }).catch((error: unknown) => {
    tell.found('determinism', `it does not run in ${threads} threads: ${sentence(error)}`);
  });
  if (!opened) return;
  try {
    await check(opened.ask, inputs, repeats, ` in ${threads} threads`, tell);
  } finally {
    await opened.close();
  }
}

async function check(ask: Opened['ask'], inputs: Calls, times: number, how: string, tell: Tell): Promise<void> {
  const told = new Map<string, number>();
  for (const call of inputs.slice(0, inputsMax)) {
    let first: Answer | undefined;
    for (let run = 0; run < times; run++) {
      const answer = await asked(ask, call);
      if (!answer) break;
      first ??= answer;
      for (const [index, output] of answer.outputs.entries()) {
        const before = first.outputs[index] as Tensor;
        if (isSame(before, output)) continue;
        told.set(output.name, Math.max(told.get(output.name) ?? 0, difference(before, output)));
      }
    }
  }
  for (const [name, apart] of told)
    tell.found(
      'determinism',
      `output "${name}" is another when the same call is made again${how}${Number.isFinite(apart) ? `, by ${Number((apart * 100).toPrecision(2))} %` : ''}`,
    );
}

/** What is refused shows nothing: a golden set may want that. */
const asked = (ask: Opened['ask'], call: readonly Tensor[]): Promise<Answer | undefined> =>
  ask(call).catch((error: unknown) => {
    if (error instanceof InferError) return undefined;
    throw error;
  });

const isSame = (one: Tensor, other: Tensor): boolean =>
  String(one.shape) === String(other.shape) && Buffer.compare(one.data, other.data) === 0;
