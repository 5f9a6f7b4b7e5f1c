import { type CallContext, InferError, remainingMs } from '@sheaf/inference';
import type { CallerBreaker } from './fair-breaker.ts';
import type { KnownOutage } from './outages.ts';

/** While one call is on trial nobody knows when the next may go. */
const trialMs = 100;

/** A process that starts is ready in about this. */
const startingMs = 1_000;

type Stopped = KnownOutage & { readonly endpoint: string };

interface Refused {
  readonly service: string;
  readonly model: string;
  readonly version: string;
}

/** No breaker of `breakers`, which are those of all endpoints, lets a call through. */
export function circuitOpen(
  { service, model, version }: Refused,
  breakers: readonly { readonly endpoint: string; readonly breaker: CallerBreaker }[],
  context: CallContext,
): InferError {
  const [first] = breakers.toSorted((a, b) => a.breaker.remainingMs - b.breaker.remainingMs);
  const waitMs = Math.max(trialMs, first?.breaker.remainingMs ?? 0);
  const isForced = !Number.isFinite(waitMs);
  const openedAt = first?.breaker.openedAt;
  const name = version === '' ? `"${model}"` : `"${model}" version ${version}`;
  const why = isForced
    ? 'has been stopped by an operator'
    : `has failed too often; the next call may go in ${Math.ceil(waitMs)} ms`;
  return new InferError('UNAVAILABLE', `service ${service}: ${name} ${why}`, {
    reason: 'CIRCUIT_OPEN',
    progress: 'not-begun',
    metadata: {
      service,
      model,
      version,
      endpoint: first?.endpoint ?? '',
      ...(openedAt === undefined
        ? {}
        : { opened_at: new Date(Date.now() - (context.clock.now() - openedAt)).toISOString() }),
    },
    decision: `breaker:${model}`,
    retryAfterMs: isForced || waitMs >= remainingMs(context) ? -1 : waitMs,
    ...(isForced ? {} : { retryDelayMs: waitMs }),
  });
}

/** The process of every endpoint ends again and again. */
export function crashLoop(
  { service, model, version }: Refused,
  outages: readonly [Stopped, ...Stopped[]],
  context: CallContext,
): InferError {
  const [first] = outages.toSorted((a, b) => a.remainingMs - b.remainingMs) as [Stopped];
  const waitMs = Math.max(startingMs, Math.ceil(first.remainingMs));
  return new InferError(
    'UNAVAILABLE',
    `service ${service}: "${model}" is not there: its process ended ${first.count} times in a row, last with ${first.ended}; it may be back in ${waitMs} ms`,
    {
      reason: 'CRASH_LOOP',
      progress: 'not-begun',
      metadata: {
        service,
        model,
        version,
        endpoint: first.endpoint,
        ended: first.ended,
        count: String(first.count),
      },
      decision: `supervisor:${service}`,
      retryAfterMs: waitMs >= remainingMs(context) ? -1 : waitMs,
      retryDelayMs: waitMs,
    },
  );
}

export const noEndpoint = (service: string): InferError =>
  new InferError('UNAVAILABLE', `service ${service} cannot be reached`, {
    reason: 'SERVICE_UNAVAILABLE',
    progress: 'not-begun',
  });

/**
 * Every endpoint has refused the call for that; `last` is what one of them said. To come again soon would make it worse. `siblings` are other calls of the
 * same request that are there: then it may be nobody else who fills it.
 */
export const overloadedAll = (service: string, last: InferError, siblings: number): InferError => {
  const own =
    siblings === 0
      ? ''
      : `, ${siblings === 1 ? 'another call' : `${siblings} other calls`} of this same request among it (a smaller concurrency of its each would have them wait)`;
  return last.with({
    message: `service ${service}: all of it has too much to do${own}; ${last.message}`,
    reason: 'OVERLOADED_ALL',
    metadata: { ...last.metadata, service, ...(siblings === 0 ? {} : { siblings: String(siblings) }) },
    retryAfterMs: -1,
    retryDelayMs: last.retryAfterMs,
  });
};

/** The error of the last of several tries. */
export function withAttempts(error: InferError, attempts: number): InferError {
  if (attempts <= 1) return error;
  // What says that an endpoint is well, or that none was asked, has to be heard by whoever asked.
  const reason = error.countsAgainstBreaker && !error.isUnasked ? 'STAGE_FAILED' : error.reason;
  return error.with({ reason, metadata: { ...error.metadata, attempts: String(attempts) } });
}
