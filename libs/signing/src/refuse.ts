import { InferError } from '@sheaf/inference';

/** What is wrong with a signature, for whoever published the version. */
export const refuse = (message: string, cause?: unknown): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: 'SIGNATURE_INVALID', cause });
