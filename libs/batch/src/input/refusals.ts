import { InferError } from '@sheaf/inference';

/** Something is wrong with an input as a whole. */
export const wrongInput = (message: string, cause?: unknown): InferError =>
  new InferError('INVALID_ARGUMENT', message, { reason: 'INPUT_INVALID', cause });

/** A file is another than the one that was cut: rows of both would be mixed in one generation. */
export const changedInput = (file: string, what: string): InferError =>
  new InferError(
    'FAILED_PRECONDITION',
    `the input has changed since the batch began: ${file}: ${what}; begin another batch, of a copy that nobody writes`,
    { reason: 'INPUT_CHANGED' },
  );
