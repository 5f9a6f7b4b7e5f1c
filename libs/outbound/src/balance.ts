import { asInferError, type InferResponse } from '@sheaf/inference';
import { pickEndpoint, prefer } from '@sheaf/routing';
import type { Availability } from './availability.ts';
import type { OutboundCall, Send, UpstreamEndpoint } from './call.ts';
import type { Ejection } from './ejection.ts';
import { noEndpoint } from './refusals.ts';
import type { Restarts } from './restart-waits.ts';

export interface BalanceOptions {
  readonly service: string;
  /** As they are now. */
  readonly endpoints: () => readonly UpstreamEndpoint[];
  readonly availability: Availability;
  /** Undefined where it is switched off. */
  readonly ejection: Ejection | undefined;
  readonly restarts: Restarts;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
}

interface Choice {
  readonly endpoint: UpstreamEndpoint;
  readonly isProbe: boolean;
}

/** Asks one endpoint for the call. */
export type Ask = (call: OutboundCall, endpoint: UpstreamEndpoint, isProbe: boolean) => Promise<InferResponse>;

/**
 * Picks the endpoint of each try: of those that may be asked, one that is ready, rather one that has not failed the call, and none that is much worse than
 * its siblings; of these the less busy of two. Rejects with CIRCUIT_OPEN or CRASH_LOOP where none may be asked.
 */
export function createBalance(options: BalanceOptions, ask: Ask): Send {
  const { service, endpoints, availability, restarts } = options;
  return async (call) => {
    for (;;) {
      const all = endpoints();
      if (all.length === 0) throw noEndpoint(service);
      const choice = pick(call, all, options);
      if (choice) return await asked(call, choice, ask);
      // What was lost with the process may have opened its breaker, and who waited for it has time for that too.
      if (call.history.waitsUntil === undefined || !(await restarts.isBack(call)))
        return availability.refuse(call, all);
    }
  };
}

async function asked(call: OutboundCall, { endpoint, isProbe }: Choice, ask: Ask): Promise<InferResponse> {
  call.history.begin(endpoint);
  try {
    return await ask(call, endpoint, isProbe);
  } catch (error) {
    if (asInferError(error).isOverload) call.history.overload(endpoint);
    throw error;
  }
}

function pick(
  call: OutboundCall,
  all: readonly UpstreamEndpoint[],
  { availability, ejection, random }: BalanceOptions,
): Choice | undefined {
  const { context, kind, history } = call;
  const open = all.filter((endpoint) => availability.lets(endpoint, call));
  if (open.length < all.length) context.journal.mark(context.span, { 'sheaf.breakers_open': all.length - open.length });
  const standings = ejection?.standings(all);
  const ready = prefer(open, ({ isReady }) => isReady);
  const fresh = prefer(ready, (endpoint) => !history.hasTried(endpoint));
  const best = prefer(fresh, (endpoint) => standings?.get(endpoint) !== 'out');
  const endpoint = pickEndpoint(best, random, (one) => one.utilization(kind.model));
  return endpoint && { endpoint, isProbe: standings?.get(endpoint) === 'probe' };
}
