/** How the state fails, in sentences fit for a stranger: no path, no SQL. */
import { InferError, type InferErrorCode } from '@sheaf/inference';

/** An InferError as data: errors lose their class between threads. */
export interface StateFailure {
  readonly code: InferErrorCode;
  readonly reason: string;
  readonly message: string;
  /** For our logs only. */
  readonly log?: string;
}

export const failures = {
  closed: {
    code: 'FAILED_PRECONDITION',
    reason: 'STATE_CLOSED',
    message: 'the state is closed: this process is on its way out',
  },
  overloaded: {
    code: 'RESOURCE_EXHAUSTED',
    reason: 'STATE_OVERLOADED',
    message: 'too many operations wait for the state; nothing was changed, try again later',
  },
  locked: {
    code: 'UNAVAILABLE',
    reason: 'STATE_LOCKED',
    message: 'another process has kept the state locked for too long; nothing was changed',
  },
  full: {
    code: 'RESOURCE_EXHAUSTED',
    reason: 'STATE_FULL',
    message: 'there is no room left to store the state; nothing was changed, and reading goes on',
  },
  readOnly: {
    code: 'FAILED_PRECONDITION',
    reason: 'STATE_READ_ONLY',
    message: 'the folder .sheaf, or the state in it, cannot be written: this process needs a folder that it may write',
  },
  corrupt: {
    code: 'DATA_LOSS',
    reason: 'STATE_CORRUPT',
    message: 'the state is damaged and was left as it is: restore it from a copy, or move it away to start anew',
  },
  foreign: {
    code: 'FAILED_PRECONDITION',
    reason: 'STATE_FOREIGN',
    message: 'the file in the place of the state is a database of something else, and was left as it is',
  },
  unreadable: {
    code: 'INTERNAL',
    reason: 'STATE_FAILED',
    message: 'the disk failed to read or write the state; nothing was changed',
  },
  lost: {
    code: 'INTERNAL',
    reason: 'STATE_LOST',
    message: 'the thread that keeps the state has died; whether the change was made is not known',
  },
  keyTaken: { code: 'FAILED_PRECONDITION', reason: 'KEY_EXISTS', message: 'there is a key with this id already' },
} as const satisfies Record<string, StateFailure>;

export const newerFailure = (found: number, known: number): StateFailure => ({
  code: 'FAILED_PRECONDITION',
  reason: 'STATE_NEWER',
  message: `the state has format ${found}, of a newer Sheaf; this one knows formats up to ${known}: start the newer one`,
});

export const stateError = ({ code, reason, message, log }: StateFailure): InferError =>
  new InferError(code, message, log === undefined ? { reason } : { reason, cause: log });

export function asFailure(error: unknown): StateFailure {
  if (error instanceof InferError) {
    const { code, reason, message, cause } = error;
    return typeof cause === 'string' ? { code, reason, message, log: cause } : { code, reason, message };
  }
  const log = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ...kindOf(error), log };
}

/** SQLite is waiting for somebody else's lock. */
export const isBusy = (error: unknown): boolean => [5, 6].includes(primaryCode(error));

// https://www.sqlite.org/rescode.html; the low byte of an extended code is its kind.
const byCode: Readonly<Record<number, StateFailure>> = {
  3: failures.readOnly,
  5: failures.locked,
  6: failures.locked,
  8: failures.readOnly,
  10: failures.unreadable,
  11: failures.corrupt,
  13: failures.full,
  14: failures.readOnly,
  26: failures.corrupt,
};

const bySystemCode = new Map<unknown, StateFailure>([
  ['EACCES', failures.readOnly],
  ['EPERM', failures.readOnly],
  ['EROFS', failures.readOnly],
  ['ENOENT', failures.readOnly],
  ['ENOTDIR', failures.readOnly],
  ['EEXIST', failures.readOnly],
  ['EISDIR', failures.readOnly],
  ['ENOSPC', failures.full],
  ['EDQUOT', failures.full],
]);

function kindOf(error: unknown): StateFailure {
  const systemCode = error instanceof Error && 'code' in error ? error.code : undefined;
  return bySystemCode.get(systemCode) ?? byCode[primaryCode(error)] ?? failures.unreadable;
}

function primaryCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}
