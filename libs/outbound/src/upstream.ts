/** The way of a call from a gateway to one service: everything that it meets, in order. */
import { type Infer, type InferRequest, rowCount, stack } from '@sheaf/inference';
import { createAttempts } from './attempts.ts';
import { createAvailability } from './availability.ts';
import { createBalance } from './balance.ts';
import { type CallKind, type CallPolicy, chain, type Observe, type UpstreamEndpoint } from './call.ts';
import { createCallHistory } from './call-history.ts';
import { tenantOf } from './caller.ts';
import { refuseEarly } from './early-refusal.ts';
import { createEjection } from './ejection.ts';
import { createEndpointBreakers } from './endpoint-breakers.ts';
import type { OutboundPolicies } from './outbound-service.ts';
import { createQuarantinePolicy } from './quarantine/quarantine.ts';
import type { ResilienceState } from './resilience-state.ts';
import { createRestarts } from './restart-waits.ts';
import { retry } from './retry.ts';
import { Siblings } from './siblings.ts';
import { throttle } from './throttle.ts';

export interface UpstreamOptions {
  readonly service: string;
  /** As they are now. */
  readonly endpoints: () => readonly UpstreamEndpoint[];
  /** What is known of the service from one reload to the next. */
  readonly state: ResilienceState;
  readonly policies: OutboundPolicies;
  /** Whether asking it twice does no more than asking it once. */
  readonly isPure: (model: string) => boolean;
  /** The version that answers when none is asked for; undefined where only the server knows. */
  readonly newestOf: (model: string) => string | undefined;
  /** Whether its processes are started again when they end. */
  readonly isSupervised: boolean;
}

/** What asks the service: on one of its endpoints, and on another when that one fails and it may be asked again. */
export function createUpstream(options: UpstreamOptions): Infer {
  const { service, endpoints, state, policies, isPure, isSupervised } = options;
  const { now, random, outages } = state;
  const { budgets, times } = state.getOrCreate(service);
  const breakers = policies.breaker ? createEndpointBreakers(service, state.breakers) : undefined;
  const ejection = policies.ejection ? createEjection(now, () => state.onEject(service)) : undefined;
  state.ejected.set(service, () => ejection?.countOut(endpoints()) ?? 0);
  const quarantine = policies.quarantine ? createQuarantinePolicy(service, state.quarantine) : undefined;
  const siblings = new Siblings();
  const availability = createAvailability({ service, outages, breakers });
  const restarts = createRestarts({ service, endpoints, availability, isSupervised });

  /** What a call meets once. */
  const once: (CallPolicy | undefined)[] = [
    // Before all that costs more than to look at a clock.
    policies.earlyRefusal ? refuseEarly(times, now) : undefined,
    // Says how a call is to be tried, and of what ended a process that it is not, so before any try.
    quarantine?.policy,
    // What is below, it does again.
    retry({
      ...{ service, endpoints, isPure, budgets, availability, restarts, siblings, random },
      isOn: policies.retry,
    }),
  ];
  /** What learns from each try. */
  const observers: (Observe | undefined)[] = [
    // First, since a trace tells of a breaker that opens where the try begins.
    breakers?.observe,
    ejection?.observe,
    times.observe,
    quarantine?.observe,
    // Last: as long as the others look, the try is one of its request's.
    siblings.observe,
  ];
  /** What a call meets with each try: an endpoint is picked, and asked. */
  const ask = createAttempts({ now, slowMs: policies.slowMs, observers: observers.filter((one) => one !== undefined) });
  const attempt = createBalance({ service, endpoints, availability, ejection, restarts, random }, ask);
  const send = chain(
    once.filter((policy) => policy !== undefined),
    attempt,
  );
  return stack(
    // Before all of it: what a service would refuse anyway is not worth the way to it.
    policies.throttle ? [throttle({ service, random, clock: { now }, tenantOf })] : [],
    (request, context) => {
      const [tenant, kind] = [tenantOf(context), kindOf(request, options)];
      const usual = times.usual(tenant, kind.key, now());
      return send({ request, context, kind, tenant, ...usual, history: createCallHistory() });
    },
  );
}

function kindOf({ model, version, inputs }: InferRequest, { newestOf }: UpstreamOptions): CallKind {
  const exact = version || (newestOf(model) ?? '');
  // What takes twice as many rows is another kind.
  const rows = Math.ceil(Math.log2(rowCount(inputs)));
  return { model, version: exact, key: `${model}/${exact}/${rows}` };
}
