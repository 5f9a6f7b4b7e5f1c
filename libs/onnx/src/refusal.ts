import { InferError } from '@sheaf/inference';

/** What is wrong with a model file, in a sentence. */
export const refuse = (message: string): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: 'MODEL_INVALID' });
