import {
  asInferError,
  type CallContext,
  type Clock,
  InferError,
  type InferRequest,
  type Layer,
} from '@sheaf/inference';

export interface ThrottleOptions {
  /** What is asked, as the errors and the decision name it. */
  readonly service: string;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
  readonly clock: Pick<Clock, 'now'>;
  /** Whose call it is: what one tenant is refused holds no other one back. */
  readonly tenantOf: (context: CallContext) => string;
}

/** So many times what the service accepts is sent to it, so that it can accept more as soon as it is able to. */
const overAsk = 2;
/** Whoever was refused here counts as refused for so long: a longer window would go on refusing well after the service can do again what is asked. */
const windowMs = 2_000;
/** The window moves on by this. */
const stepMs = 250;
/** Fewer calls a second than this are no load. */
const rateMin = 5;
/** Some calls are always sent, or nobody would find out that the service is well again. */
const refusedPartMax = 0.8;
const [pushbackMinMs, pushbackMaxMs] = [10, 100];
/** Windows that are kept; of one more, the one that was used the longest time ago is forgotten. */
const windowsMax = 1_024;

/**
 * The part of the calls that is not sent: `max(0, (requests - K accepts) / (requests + 1))` (Site Reliability Engineering, Google 2016, chapter 21,
 * "Client-Side Throttling"), K = 2, with Envoy's bounds: off under 5 calls a second, never above 80 %.
 */
export function throttledPart(requests: number, accepts: number): number {
  if (requests < (rateMin * windowMs) / 1_000) return 0;
  return Math.min(refusedPartMax, Math.max(0, (requests - overAsk * accepts) / (requests + 1)));
}

/**
 * Does not even ask a service that refuses most of what it is asked: to refuse costs it as well. One for each service; within it each model has a queue of
 * its own, which refuses the least important first, so each class of calls of each model is counted apart, and each tenant's: else those that it serves would be held
 * back for those that it refuses, such as calls of another that leave it no time. A call counts when it ends, so that those that are on their way are taken for neither; one that is refused here counts as a request
 * that was not accepted, as the book has it.
 */
export function throttle({ service, random, clock, tenantOf }: ThrottleOptions): Layer {
  /** By tenant, model and class; what was used last comes last. */
  const windows = new Map<string, CallWindow>();
  const windowOf = ({ model }: InferRequest, context: CallContext): CallWindow => {
    const key = JSON.stringify([tenantOf(context), model, context.priority ?? 'standard']);
    const window = windows.get(key) ?? new CallWindow(clock);
    windows.delete(key);
    windows.set(key, window);
    const [oldest = key] = windows.keys();
    if (windows.size > windowsMax) windows.delete(oldest);
    return window;
  };
  return (next) => async (request, context) => {
    const window = windowOf(request, context);
    const { requests, accepts } = window.counts;
    if (random() < throttledPart(requests, accepts)) {
      window.add(false);
      throw throttled(service, context, random);
    }
    try {
      const response = await next(request, context);
      window.add(true);
      return response;
    } catch (error) {
      window.add(!asInferError(error).isOverload);
      throw error;
    }
  };
}

function throttled(service: string, { journal, span }: CallContext, random: () => number): InferError {
  journal.mark(span, { 'sheaf.throttled': service });
  return new InferError('UNAVAILABLE', `service ${service} has refused most calls of late; this one was not sent`, {
    reason: 'OVERLOADED',
    decision: `throttle:${service}`,
    metadata: { service },
    retryAfterMs: Math.round(pushbackMinMs + random() * (pushbackMaxMs - pushbackMinMs)),
  });
}

interface Counts {
  requests: number;
  accepts: number;
}

/** The calls of the last two seconds, to the quarter. */
class CallWindow {
  readonly #clock: Pick<Clock, 'now'>;
  /** The oldest first. */
  readonly #steps: (Counts & { readonly at: number })[] = [];
  readonly #total: Counts = { requests: 0, accepts: 0 };

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get counts(): Readonly<Counts> {
    this.#forget(this.#now());
    return this.#total;
  }

  add(accepted: boolean): void {
    const now = this.#now();
    this.#forget(now);
    let step = this.#steps.at(-1);
    if (step?.at !== now) {
      step = { at: now, requests: 0, accepts: 0 };
      this.#steps.push(step);
    }
    for (const counts of [step, this.#total]) {
      counts.requests++;
      if (accepted) counts.accepts++;
    }
  }

  #now(): number {
    return Math.floor(this.#clock.now() / stepMs);
  }

  #forget(now: number): void {
    for (let [oldest] = this.#steps; oldest && oldest.at <= now - windowMs / stepMs; [oldest] = this.#steps) {
      this.#steps.shift();
      this.#total.requests -= oldest.requests;
      this.#total.accepts -= oldest.accepts;
    }
  }
}
