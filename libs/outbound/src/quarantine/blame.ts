import type { InferError } from '@sheaf/inference';
import type { Stay } from './stays.ts';
import type { Blame } from './suspect-requests.ts';

/** Undefined: it is not to blame. */
interface Blamed {
  readonly request?: Blame;
  readonly caller?: Blame;
}

/**
 * Who is to blame for an error. Of a run past its limit the process says whose it was. One that is lost says nothing: then it is sure only of a try that
 * was there alone after another was lost. Beside others it may be anybody's: to be lost again makes a suspect of the request, and says nothing of its caller.
 */
export function blameOf({ endedRun, progress }: InferError, { isIsolated, wasOnly }: Stay): Blamed {
  const told = endedRun?.calls === 1 ? 'sure' : 'shared';
  if (endedRun) return { request: told, caller: told };
  if (progress !== 'lost') return {};
  if (!isIsolated) return wasOnly ? { caller: 'shared' } : {};
  return wasOnly ? { request: 'sure', caller: 'sure' } : { request: 'shared' };
}
