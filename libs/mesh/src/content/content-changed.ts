import { InferError } from '@sheaf/inference';

/** Reason of a process that was given a mesh, and finds other files in the folder than that was read from. */
export const contentChanged = 'CONTENT_CHANGED';

export const changed = (message: string): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: contentChanged });
