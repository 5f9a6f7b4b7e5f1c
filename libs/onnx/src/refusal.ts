import { InferError } from '@sheaf/inference';

/** What is wrong with a model file, in a sentence. */
export const refuse = (message: string): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: 'MODEL_INVALID' });

/** The same of a file that is too much for us, whatever it says. */
export const refuseLarge = (message: string): InferError =>
  new InferError('RESOURCE_EXHAUSTED', message, { reason: 'MODEL_TOO_LARGE' });
