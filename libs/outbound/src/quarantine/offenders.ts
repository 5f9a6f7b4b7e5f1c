/** Callers whose calls end processes, whatever they send: who does so again is slowed, and nobody else. */
import { InferError, log, type Overrun } from '@sheaf/inference';
import { isOne } from '../caller.ts';
import type { Blame } from './suspect-requests.ts';

export const offenderRules = {
  offendersMax: 1_024,
  /** After the last end that a caller was to blame for. */
  forgetMs: 600_000,
  /** The first end may be a mistake; with the second its calls are refused for so long, and twice as long with each that follows. */
  slowedMinMs: 10_000,
  slowedMaxMs: 600_000,
  /** Ends of runs that others were part of too, or of processes that only its call was at, after which its calls run alone, so that it shows whose they are. */
  sharedMax: 2,
} as const;

/** As an operator sees it. */
export interface Offender {
  readonly service: string;
  readonly caller: string;
  /** How often it was surely to blame. */
  readonly ends: number;
  /** Its calls are refused for so long. Milliseconds; 0: they are not. */
  readonly slowedMs: number;
  /** They run in no batch with others. */
  readonly isIsolated: boolean;
  /** Until it is forgotten. */
  readonly leftMs: number;
}

interface Mark {
  readonly service: string;
  readonly caller: string;
  ends: number;
  shared: number;
  slowedUntil: number;
  until: number;
  /** The last one that it was to blame for, where that has a name. */
  run: string | undefined;
}

export class Offenders {
  readonly #now: () => number;
  readonly #onSlowed: (offender: Offender) => void;
  readonly #marks = new Map<string, Mark>();

  /** `now` in milliseconds on a monotonic clock; `onSlowed` is told whenever calls of one are refused from then on. */
  constructor(now: () => number, onSlowed: (offender: Offender) => void = logSlowed) {
    this.#now = now;
    this.#onSlowed = onSlowed;
  }

  /** Undefined: nothing is known of it, as of nearly all. */
  find(service: string, caller: string | undefined): Offender | undefined {
    if (this.#marks.size === 0 || caller === undefined) return undefined;
    const mark = this.#marks.get(keyOf(service, caller));
    return mark && this.#now() < mark.until ? this.#told(mark) : undefined;
  }

  /** A process of the service was lost for a call of the caller. Of one `run` it counts once. */
  blame(service: string, caller: string | undefined, blame: Blame, run?: string): void {
    if (caller === undefined) return;
    const now = this.#now();
    const key = keyOf(service, caller);
    const known = this.#marks.get(key);
    if (run !== undefined && known?.run === run) return;
    const mark =
      known && now < known.until
        ? known
        : { service, caller, ends: 0, shared: 0, slowedUntil: now, until: now, run: undefined };
    const { forgetMs, slowedMinMs, slowedMaxMs, offendersMax } = offenderRules;
    mark.run = run;
    mark.until = now + forgetMs;
    if (blame === 'sure') mark.ends++;
    else mark.shared++;
    this.#marks.delete(key);
    this.#marks.set(key, mark);
    const [oldest = key] = this.#marks.keys();
    if (this.#marks.size > offendersMax) this.#marks.delete(oldest);
    if (blame !== 'sure' || mark.ends < 2) return;
    mark.slowedUntil = now + Math.min(slowedMaxMs, slowedMinMs * 2 ** (mark.ends - 2));
    this.#onSlowed(this.#told(mark));
  }

  /** What a server says of a run, whether anybody still waits for it or not. */
  tell(service: string, { callers, run }: Overrun): void {
    const named = new Set(callers.filter(isOne));
    const isSure = named.size === 1 && callers.every(isOne);
    for (const caller of named) this.blame(service, caller, isSure ? 'sure' : 'shared', run);
  }

  list(): readonly Offender[] {
    const now = this.#now();
    return [...this.#marks.values()].filter(({ until }) => now < until).map((mark) => this.#told(mark));
  }

  /** By an operator. Answers how many there were. */
  clear(): number {
    const count = this.list().length;
    this.#marks.clear();
    return count;
  }

  #told({ service, caller, ends, shared, slowedUntil, until }: Mark): Offender {
    const now = this.#now();
    return {
      service,
      caller,
      ends,
      slowedMs: Math.max(0, slowedUntil - now),
      isIsolated: ends > 0 || shared >= offenderRules.sharedMax,
      leftMs: until - now,
    };
  }
}

const keyOf = (service: string, caller: string): string => JSON.stringify([service, caller]);

const sentence = ({ service, ends, slowedMs }: Offender, whose: string): string =>
  `service ${service}: ${whose} have ended its process ${ends} times; the next may come in ${Math.ceil(slowedMs)} ms`;

const logSlowed = (offender: Offender): void => {
  const { service, caller, ends } = offender;
  log('caller.slowed', sentence(offender, `calls of ${caller}`), { service, caller, ends });
};

/** What a caller is told whose calls are refused for that. */
export const slowed = (offender: Offender): InferError =>
  InferError.withoutStack('RESOURCE_EXHAUSTED', sentence(offender, 'your calls'), {
    reason: 'CALLER_SLOWED',
    metadata: { service: offender.service, ends: String(offender.ends) },
    progress: 'not-begun',
    decision: `offender:${offender.service}`,
    retryAfterMs: Math.ceil(offender.slowedMs),
  });
