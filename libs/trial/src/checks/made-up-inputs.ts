/** Inputs that nobody sent: what shows how a version behaves where nothing else is known. */
import { InferError, type Tensor } from '@sheaf/inference';
import { sampleKinds, sampleRow, seededRandom } from '@sheaf/runtime';
import type { Answer, Opened } from '../process/open-candidate.ts';

/** The same in every trial, so that two reports can be held against one another. */
const seed = 0x5eaf;
const inputsMax = 64;
const inputsMin = 4;
/** After so many milliseconds of runs, or bytes, there are enough. */
const budgetMs = 1_000;
const budgetBytes = 64 * 2 ** 20;

export interface MadeUp {
  /** That the version takes. */
  readonly inputs: readonly (readonly Tensor[])[];
  /** To each of them. */
  readonly answers: readonly Answer[];
  /** Why there are none. */
  readonly why?: string;
}

/** Makes up inputs of the first kind that the version runs with, one row each where it takes rows. */
export async function madeUpInputs({ signature, ask }: Opened): Promise<MadeUp> {
  const random = seededRandom(seed);
  let refusal = 'one would have too many elements';
  for (const kind of sampleKinds(signature)) {
    const inputs: Tensor[][] = [];
    const answers: Answer[] = [];
    let bytes = 0;
    for (let ms = 0; inputs.length < inputsMax; ) {
      if (inputs.length >= inputsMin && (ms > budgetMs || bytes > budgetBytes)) break;
      const made = sampleRow(signature, kind, random);
      try {
        const answer = await ask(made);
        inputs.push(made);
        answers.push(answer);
        ms += answer.ms;
        bytes += made.reduce((sum, { data }) => sum + data.byteLength, 0);
      } catch (error) {
        if (!(error instanceof InferError)) throw error;
        refusal = error.message;
        break;
      }
      // Without inputs there is only one call.
      if (made.length === 0) break;
    }
    if (inputs.length > 0) return { inputs, answers };
  }
  return { inputs: [], answers: [], why: `none of the inputs that were made up for it was accepted (${refusal})` };
}
