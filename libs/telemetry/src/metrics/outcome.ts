/** What became of a call, as metrics tell it. */

export type Outcome = 'answered' | 'refused' | 'cancelled' | 'failed';

/** Codes of a server that could not do what it was asked, unless somebody has decided so. */
const failures = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']);

/** `decision` as `x-mesh-decision` has it; '' where nobody decided. A caller that made a mistake was refused. */
export function outcomeOf(code: string, decision: string): Outcome {
  if (code === 'OK') return 'answered';
  if (code === 'CANCELLED') return 'cancelled';
  return decision === '' && failures.has(code) ? 'failed' : 'refused';
}

/** Who decides about calls, as `x-mesh-decision` begins. */
export const policies = [
  'address',
  'authorisation',
  'breaker',
  'bytes-in-flight',
  'deadline',
  'identity',
  'limit',
  'load',
  'offender',
  'quarantine',
  'rule',
  'supervisor',
  'throttle',
] as const;

/** The codes of gRPC, and what an `EndedCall` says of what was none. */
export const callCodes = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
  'HTTP 405',
  'HTTP 415',
] as const;
