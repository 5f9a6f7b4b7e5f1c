import { InferError } from '@sheaf/inference';

/** Decided by what is asked, of its own state; anything else that decides is a policy. */
const ofItself = /^(breaker|load|throttle):/;

/** What was asked is not there or has no room, as opposed to refusing: what a limit or a rule has decided would hold elsewhere too. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof InferError &&
  error.code === 'UNAVAILABLE' &&
  (error.decision === undefined || ofItself.test(error.decision));
