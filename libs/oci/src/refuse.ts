import { InferError } from '@sheaf/inference';

/** What was asked for cannot be: a name, an option, a path of the caller's. */
export const invalid = (message: string): InferError => new InferError('INVALID_ARGUMENT', message);

/** What came, or lies there, is not as it has to be. */
export const refuse = (message: string, cause?: unknown): InferError =>
  new InferError('FAILED_PRECONDITION', message, { cause });

/** More than the limits let in. */
export const tooMuch = (message: string): InferError => new InferError('RESOURCE_EXHAUSTED', message);

/** A registry leads where nobody has allowed it to. */
export const forbidden = (message: string): InferError => new InferError('PERMISSION_DENIED', message);

/** Another try may succeed. */
export const unavailable = (message: string, cause?: unknown): InferError =>
  new InferError('UNAVAILABLE', message, { cause });
