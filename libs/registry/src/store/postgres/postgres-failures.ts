/** How a Postgres fails, in sentences fit for a stranger: no address, no SQL. */
import { InferError } from '@sheaf/inference';
import { errorOf, type Failure, failuresOf } from '@sheaf/store';

const shared = failuresOf('registry');

const failures = {
  unavailable: {
    code: 'UNAVAILABLE',
    reason: 'REGISTRY_UNAVAILABLE',
    message: 'the database of the registry does not answer; nothing was changed',
  },
  lost: {
    code: 'INTERNAL',
    reason: 'REGISTRY_LOST',
    message: 'the connection to the database of the registry broke; whether the change was made is not known',
  },
  denied: {
    code: 'FAILED_PRECONDITION',
    reason: 'REGISTRY_DENIED',
    message: 'the database of the registry does not let this process in, or does not exist: see DATABASE_URL',
  },
} as const satisfies Record<string, Failure>;

/** By SQLSTATE, or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const byState = new Map<string, Failure>([
  ['08', failures.unavailable],
  ['28', failures.denied],
  ['3D', failures.denied],
  ['42501', failures.denied],
  ['53', shared.full],
  ['53300', failures.unavailable],
  ['55P03', shared.locked],
  ['57014', shared.locked],
  ['57P', failures.unavailable],
  ['25006', shared.readOnly],
  ['XX001', shared.corrupt],
  ['XX002', shared.corrupt],
]);

/** Two transactions were in each other's way: the same again may do. */
export const isConflict = (error: unknown): boolean => ['40001', '40P01'].includes(stateOf(error));

export function asRegistryError(error: unknown, isCommitting = false): InferError {
  if (error instanceof InferError) return error;
  const log = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const found = failureOf(stateOf(error));
  return errorOf({ ...(isCommitting && found === failures.unavailable ? failures.lost : found), log });
}

function failureOf(state: string): Failure {
  // What is no SQLSTATE is of the connection: refused, reset, not to be found.
  if (!/^[0-9A-Z]{5}$/.test(state)) return failures.unavailable;
  return byState.get(state) ?? byState.get(state.slice(0, 3)) ?? byState.get(state.slice(0, 2)) ?? shared.unreadable;
}

const stateOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
