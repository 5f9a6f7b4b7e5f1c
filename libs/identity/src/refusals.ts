import { InferError } from '@sheaf/inference';

const decision = 'identity';

/** Refusals of callers by who they are. Their texts name no secret and echo nothing that the caller sent; the cause stays in our logs. */

/** `wanted` are the kinds of credential that there are. */
export function credentialsMissing(wanted: readonly string[]): InferError {
  return InferError.withoutStack(
    'UNAUTHENTICATED',
    `want a credential: ${wanted.slice(0, -1).join(', ')}, or ${wanted.at(-1)}`,
    {
      reason: 'CREDENTIALS_MISSING',
      decision,
      retryAfterMs: -1,
    },
  );
}

export function credentialInvalid(message: string, cause?: unknown): InferError {
  return InferError.withoutStack('UNAUTHENTICATED', message, {
    reason: 'TOKEN_INVALID',
    decision,
    retryAfterMs: -1,
    cause,
  });
}

export function credentialExpired(what: 'API key' | 'token' | 'client certificate', cause?: unknown): InferError {
  return InferError.withoutStack('UNAUTHENTICATED', `the ${what} has expired`, {
    reason: 'TOKEN_EXPIRED',
    decision,
    retryAfterMs: -1,
    cause,
  });
}

/** Its credential was not looked at. */
export function authenticationThrottled(waitMs: number): InferError {
  const wait = Math.max(1, Math.ceil(waitMs));
  return InferError.withoutStack(
    'RESOURCE_EXHAUSTED',
    `too many credentials from this address were not valid; the next is looked at in ${wait} ms`,
    { reason: 'AUTHENTICATION_THROTTLED', decision: 'identity', retryAfterMs: wait },
  );
}

/** Not the caller's fault: its token may be good, but nobody here can tell at the moment. */
export function identityUnavailable(retryAfterMs: number, cause: unknown): InferError {
  return InferError.withoutStack('UNAVAILABLE', 'the keys of the token issuer cannot be had at the moment', {
    reason: 'IDENTITY_UNAVAILABLE',
    retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
    cause,
  });
}
