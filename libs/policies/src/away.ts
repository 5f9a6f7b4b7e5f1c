import { InferError } from '@sheaf/inference';

/** What was asked is not there, as opposed to there and refusing: what a limit or a rule has decided would hold elsewhere too. */
export const isAway = (error: unknown): boolean =>
  error instanceof InferError && error.code === 'UNAVAILABLE' && error.decision === undefined;
