/** How the disk fails those who push and read, without a path. */
import { InferError } from '@sheaf/inference';
import { asFailure, errorOf } from '@sheaf/store';

export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** EFBIG too: a limit of the system on the size of files is as good as a full disk. */
export function asBlobError(error: unknown): InferError {
  if (error instanceof InferError) return error;
  const full = isCode(error, 'EFBIG') ? Object.assign(new Error('the file is too big'), { code: 'ENOSPC' }) : error;
  return errorOf(asFailure('registry', full));
}
