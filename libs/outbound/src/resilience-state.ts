import { monotonicClock } from '@sheaf/inference';
import { RetryBudgets } from '@sheaf/routing';
import { BreakerRegistry, type BreakerRegistryOptions } from './breaker-registry.ts';
import { Outages } from './outages.ts';
import { createQuarantine, type Quarantine } from './quarantine/quarantine.ts';
import { UsualTimes } from './usual-times.ts';

/** What is known of one service. */
export interface ServiceState {
  readonly budgets: RetryBudgets;
  /** How long its calls take, by kind. */
  readonly times: UsualTimes;
}

/** What the ways to the services of a mesh know, from one reload to the next. */
export interface ResilienceState {
  readonly breakers: BreakerRegistry;
  readonly quarantine: Quarantine;
  readonly outages: Outages;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Told of each endpoint of a service that is left out since it does much worse than its siblings. */
  readonly onEject: (service: string) => void;
  /** How many endpoints of a service are left out now, by its name, as the revision in force has it. */
  readonly ejected: Map<string, () => number>;
  /** By name. */
  getOrCreate(service: string): ServiceState;
}

export function createResilienceState(
  options: Partial<BreakerRegistryOptions & Pick<ResilienceState, 'onEject'>> = {},
): ResilienceState {
  const { now = monotonicClock.now, random = Math.random, onEject = () => {} } = options;
  const known = new Map<string, ServiceState>();
  return {
    breakers: new BreakerRegistry({ ...options, now, random }),
    quarantine: createQuarantine(now),
    outages: new Outages(now),
    now,
    random,
    onEject,
    ejected: new Map(),
    getOrCreate: (service) => {
      const state = known.get(service) ?? { budgets: new RetryBudgets(now), times: new UsualTimes() };
      known.set(service, state);
      return state;
    },
  };
}
