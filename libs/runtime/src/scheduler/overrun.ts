import { InferError } from '@sheaf/inference';

/** Whether the run passed its limit, and takes its process with it. */
export const endsProcess = (error: unknown): error is InferError =>
  error instanceof InferError && error.endedRun !== undefined;

/** The error of a run, with how many calls the run was of: who asks knows by that whether it was surely this one. */
export function ofRun(error: InferError, run: string, calls: number): InferError {
  return error.with({ endedRun: { run, calls } });
}
