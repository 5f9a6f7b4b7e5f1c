import { monotonicClock } from '@sheaf/inference';
import { RetryBudgets } from '@sheaf/routing';
import { BreakerBook, type BreakerBookOptions } from './breaker-book.ts';
import { Offenders } from './offenders.ts';
import { Outages } from './outages.ts';
import { Quarantine } from './quarantine.ts';
import { UsualTimes } from './usual-times.ts';

/** What is known of one service. */
export interface ServiceGuards {
  readonly budgets: RetryBudgets;
  /** How long its calls take, by kind. */
  readonly times: UsualTimes;
}

/** What the edges to the services know, from one reload to the next. */
export interface Guards {
  readonly breakers: BreakerBook;
  readonly quarantine: Quarantine;
  readonly offenders: Offenders;
  readonly outages: Outages;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  of(service: string): ServiceGuards;
}

export function createGuards(options: Partial<BreakerBookOptions> = {}): Guards {
  const { now = monotonicClock.now, random = Math.random } = options;
  const known = new Map<string, ServiceGuards>();
  return {
    breakers: new BreakerBook({ ...options, now, random }),
    quarantine: new Quarantine(now),
    offenders: new Offenders(now),
    outages: new Outages(now),
    now,
    random,
    of: (service) => {
      const guards = known.get(service) ?? { budgets: new RetryBudgets(now), times: new UsualTimes() };
      known.set(service, guards);
      return guards;
    },
  };
}
