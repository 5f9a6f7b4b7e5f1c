import { InferError, knownPrincipal } from '@sheaf/inference';
import type { QueueEntry } from './queue-entry.ts';
import type { OverrunCall } from './scheduler-options.ts';

/** Whether the run passed its limit, and takes its process with it. */
export const endsProcess = (error: unknown): error is InferError =>
  error instanceof InferError && error.endedRun !== undefined;

/** The error of a run, with how many calls the run was of: who asks knows by that whether it was surely this one. */
export function ofRun(error: InferError, run: string, calls: number): InferError {
  return error.with({ endedRun: { run, calls } });
}

export const overrunCall = ({ call, context }: QueueEntry): OverrunCall => ({
  inputs: call.inputs,
  caller: knownPrincipal(context.principal)?.id ?? '',
});
