/** How a database in a file fails, in sentences fit for a stranger: no path, no SQL. */
import { InferError, type InferErrorCode } from '@sheaf/inference';

/** An InferError as data: errors lose their class between threads. */
export interface Failure {
  readonly code: InferErrorCode;
  readonly reason: string;
  readonly message: string;
  /** For our logs only. */
  readonly log?: string;
}

/** What is kept in the file: its reasons begin with it (`STATE_FULL`), and its sentences name it. */
export type Kept = 'state' | 'registry' | 'jobs';

/** As sentences say it. */
const names: Readonly<Record<Kept, string>> = { state: 'state', registry: 'registry', jobs: 'queue of jobs' };

/** How the file of `kept` fails. */
export const failuresOf = (kept: Kept) =>
  ({
    closed: {
      code: 'FAILED_PRECONDITION',
      reason: reasonOf(kept, 'CLOSED'),
      message: `the ${names[kept]} is closed: this process is on its way out`,
    },
    overloaded: {
      code: 'RESOURCE_EXHAUSTED',
      reason: reasonOf(kept, 'OVERLOADED'),
      message: `too many operations wait for the ${names[kept]}; nothing was changed, try again later`,
    },
    locked: {
      code: 'UNAVAILABLE',
      reason: reasonOf(kept, 'LOCKED'),
      message: `another process has kept the ${names[kept]} locked for too long; nothing was changed`,
    },
    full: {
      code: 'RESOURCE_EXHAUSTED',
      reason: reasonOf(kept, 'FULL'),
      message: `there is no room left to store the ${names[kept]}; nothing was changed, and reading goes on`,
    },
    readOnly: {
      code: 'FAILED_PRECONDITION',
      reason: reasonOf(kept, 'READ_ONLY'),
      message: `the folder .sheaf, or the ${names[kept]} in it, cannot be written: this process needs a folder that it may write`,
    },
    corrupt: {
      code: 'DATA_LOSS',
      reason: reasonOf(kept, 'CORRUPT'),
      message: `the ${names[kept]} is damaged and was left as it is: restore it from a copy, or move it away to start anew`,
    },
    foreign: {
      code: 'FAILED_PRECONDITION',
      reason: reasonOf(kept, 'FOREIGN'),
      message: `the file in the place of the ${names[kept]} is a database of something else, and was left as it is`,
    },
    unreadable: {
      code: 'INTERNAL',
      reason: reasonOf(kept, 'FAILED'),
      message: `the disk failed to read or write the ${names[kept]}; nothing was changed`,
    },
    lost: {
      code: 'INTERNAL',
      reason: reasonOf(kept, 'LOST'),
      message: `the thread that keeps the ${names[kept]} has died; whether the change was made is not known`,
    },
  }) as const satisfies Record<string, Failure>;

export type Failures = ReturnType<typeof failuresOf>;

export const reasonOf = (kept: Kept, end: string): string => `${kept.toUpperCase()}_${end}`;

/** Of the state. */
export const failures = {
  ...failuresOf('state'),
  keyTaken: { code: 'FAILED_PRECONDITION', reason: 'KEY_EXISTS', message: 'there is a key with this id already' },
} as const satisfies Record<string, Failure>;

export const newerFailure = (kept: Kept, found: number, known: number): Failure => ({
  code: 'FAILED_PRECONDITION',
  reason: reasonOf(kept, 'NEWER'),
  message: `the ${names[kept]} has format ${found}, of a newer Sheaf; this one knows formats up to ${known}: start the newer one`,
});

export const errorOf = ({ code, reason, message, log }: Failure): InferError =>
  new InferError(code, message, log === undefined ? { reason } : { reason, cause: log });

/** What an error of the file of `kept` is to those who asked. */
export function asFailure(kept: Kept, error: unknown): Failure {
  if (error instanceof InferError) {
    const { code, reason, message, cause } = error;
    return typeof cause === 'string' ? { code, reason, message, log: cause } : { code, reason, message };
  }
  const log = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ...kindOf(failuresOf(kept), error), log };
}

/** SQLite is waiting for somebody else's lock. */
export const isBusy = (error: unknown): boolean => [5, 6].includes(primaryCode(error));

// https://www.sqlite.org/rescode.html; the low byte of an extended code is its kind.
const byCode: Readonly<Record<number, keyof Failures>> = {
  3: 'readOnly',
  5: 'locked',
  6: 'locked',
  8: 'readOnly',
  10: 'unreadable',
  11: 'corrupt',
  13: 'full',
  14: 'readOnly',
  26: 'corrupt',
};

const bySystemCode = new Map<unknown, keyof Failures>([
  ['EACCES', 'readOnly'],
  ['EPERM', 'readOnly'],
  ['EROFS', 'readOnly'],
  ['ENOENT', 'readOnly'],
  ['ENOTDIR', 'readOnly'],
  ['EEXIST', 'readOnly'],
  ['EISDIR', 'readOnly'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
]);

function kindOf(failures: Failures, error: unknown): Failure {
  const systemCode = error instanceof Error && 'code' in error ? error.code : undefined;
  return failures[bySystemCode.get(systemCode) ?? byCode[primaryCode(error)] ?? 'unreadable'];
}

function primaryCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}
