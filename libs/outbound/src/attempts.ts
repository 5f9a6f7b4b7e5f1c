import { asInferError, type InferError, remainingMs } from '@sheaf/inference';
import type { Ask } from './balance.ts';
import type { Attempt, Observe, UpstreamEndpoint } from './call.ts';
import { outcomeOf } from './outcome.ts';
import { WorkAhead, workEndOf } from './work-ahead.ts';

export interface AttemptsOptions {
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** See `OutboundPolicies`. */
  readonly slowMs: number | undefined;
  /** Told in this order that a try begins, and that it ended. */
  readonly observers: readonly Observe[];
}

/** Asks an endpoint, and has the observers learn from how that ends; what it says of the endpoint goes by what was to be expected of it. */
export function createAttempts({ now, slowMs, observers }: AttemptsOptions): Ask {
  const work = new WeakMap<UpstreamEndpoint, WorkAhead>();
  const workOf = (endpoint: UpstreamEndpoint): WorkAhead => {
    const known = work.get(endpoint) ?? new WorkAhead();
    work.set(endpoint, known);
    return known;
  };
  return async (call, endpoint, isProbe) => {
    const { context, request, usualMs, history } = call;
    const startedAt = now();
    const givenMs = remainingMs(context);
    const ahead = workOf(endpoint);
    const aheadMs = ahead.ms(startedAt);
    // Behind those that it has already; calls of others there are taken to be like this one.
    const foreignCalls = Math.max(0, endpoint.busy - ahead.calls);
    const isKnown = usualMs !== undefined && aheadMs !== undefined;
    const expectedMs = isKnown ? aheadMs + usualMs * (foreignCalls + 1) : undefined;
    const own = ahead.begin(usualMs, startedAt);
    const isIsolated = history.lost > 0;
    const attempt: Attempt = { call, endpoint, isProbe, isIsolated, startedAt, foreignCalls };
    const enders = observers.map((observe) => observe(attempt));
    const end = (error: InferError | undefined): void => {
      const endedAt = now();
      const tookMs = endedAt - startedAt;
      const slowAt = slowMs ?? (call.isOwn ? undefined : Number.POSITIVE_INFINITY);
      const outcome = outcomeOf({
        error,
        tookMs,
        givenMs,
        expectedMs,
        isBehindOthers: foreignCalls > 0,
        slowMs: slowAt,
      });
      own.end(workEndOf(error), endedAt);
      for (const ender of enders) ender({ error, endedAt, tookMs, outcome });
    };
    try {
      const response = await endpoint.infer(request, { ...context, attempt: history.attempts, isolated: isIsolated });
      end(undefined);
      return response;
    } catch (thrown) {
      const error = asInferError(thrown);
      end(error);
      throw error;
    }
  };
}
