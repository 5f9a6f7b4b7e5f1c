/** How a Postgres fails, in sentences fit for a stranger: no address, no SQL. */
import { InferError } from '@sheaf/inference';
import { errorOf, type Failure, failuresOf, type Kept, reasonOf } from '../failures.ts';

const connectionFailuresOf = (kept: Kept) =>
  ({
    unavailable: {
      code: 'UNAVAILABLE',
      reason: reasonOf(kept, 'UNAVAILABLE'),
      message: `the database of the ${kept} does not answer; nothing was changed`,
    },
    lost: {
      code: 'INTERNAL',
      reason: reasonOf(kept, 'LOST'),
      message: `the connection to the database of the ${kept} broke; whether the change was made is not known`,
    },
    denied: {
      code: 'FAILED_PRECONDITION',
      reason: reasonOf(kept, 'DENIED'),
      message: `the database of the ${kept} does not let this process in, or does not exist: see DATABASE_URL`,
    },
    readOnly: {
      code: 'FAILED_PRECONDITION',
      reason: reasonOf(kept, 'READ_ONLY'),
      message: `the database of the ${kept} takes no changes, as a standby does: DATABASE_URL must lead to the primary`,
    },
    url: {
      code: 'INVALID_ARGUMENT',
      reason: reasonOf(kept, 'DATABASE_URL'),
      message: 'DATABASE_URL: want postgres://user:password@host:port/database, got something else',
    },
  }) as const satisfies Record<string, Failure>;

type PostgresFailure = keyof ReturnType<typeof connectionFailuresOf> | 'full' | 'locked' | 'corrupt';

/** By SQLSTATE, or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const byState = new Map<string, PostgresFailure>([
  ['08', 'unavailable'],
  ['28', 'denied'],
  ['3D', 'denied'],
  ['42501', 'denied'],
  ['53', 'full'],
  ['53300', 'unavailable'],
  ['55P03', 'locked'],
  ['57014', 'locked'],
  ['57P', 'unavailable'],
  ['25006', 'readOnly'],
  ['XX001', 'corrupt'],
  ['XX002', 'corrupt'],
]);

/** Two transactions were in each other's way: the same again may do. */
export const isConflict = (error: unknown): boolean => ['40001', '40P01'].includes(stateOf(error));

/** What an error of a Postgres is to those who asked; of a COMMIT that got no answer nobody knows whether it was made. */
export function asPostgresError(kept: Kept, error: unknown, isCommitting = false): InferError {
  if (error instanceof InferError) return error;
  const log = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const kind = kindOf(stateOf(error));
  const failures = { ...failuresOf(kept), ...connectionFailuresOf(kept) };
  return errorOf({ ...failures[kind === 'unavailable' && isCommitting ? 'lost' : kind], log });
}

/** Refuses what is no URL of a Postgres before a driver sees it: drivers guess, and put what they got into what they say. */
export function checkDatabaseUrl(kept: Kept, url: string): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (!['postgres:', 'postgresql:'].includes(protocol)) throw errorOf(connectionFailuresOf(kept).url);
}

function kindOf(state: string): PostgresFailure | 'unreadable' {
  // What is no SQLSTATE is of the connection: refused, reset, not to be found.
  if (!/^[0-9A-Z]{5}$/.test(state)) return 'unavailable';
  return byState.get(state) ?? byState.get(state.slice(0, 3)) ?? byState.get(state.slice(0, 2)) ?? 'unreadable';
}

const stateOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
