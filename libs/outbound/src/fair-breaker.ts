import { Breaker, type BreakerOptions, breakerRules, type Outcome, type Pass, type Transition } from './breaker.ts';

/** Of one caller, so many failures count for all in one window: two callers cannot open what four have to. */
export const failuresOfOneMax = breakerRules.callsMin / 4;

/** Callers that have a breaker of their own; of one more, the one that came first and is closed is forgotten. */
const callersMax = 32;

export interface FairBreakerOptions extends Omit<BreakerOptions, 'onTransition'> {
  /** `caller` is whose calls alone it is about; undefined: everybody's. */
  readonly onTransition?: (transition: Transition, caller: string | undefined) => void;
}

/** What a caller meets of it. */
export type CallerBreaker = Pick<Breaker, 'state' | 'openedAt' | 'remainingMs' | 'letsThrough' | 'enter'>;

/**
 * A breaker that one caller cannot open for another. Each has one of its own, which all that its calls come to counts for; the one that is for everybody
 * counts only a few failures of each, so that it opens by what several callers have met.
 */
export class FairBreaker {
  readonly #options: FairBreakerOptions;
  readonly #all: Breaker;
  readonly #callers = new Map<string, OfCaller>();

  constructor(options: FairBreakerOptions) {
    this.#options = options;
    this.#all = this.#create(undefined);
  }

  getOrCreate(caller: string): CallerBreaker {
    const known = this.#callers.get(caller);
    if (known) return known;
    const breaker = new OfCaller(this.#create(caller), this.#all, this.#options.now);
    this.#callers.set(caller, breaker);
    if (this.#callers.size > callersMax) this.#forgetOne();
    return breaker;
  }

  /** As an operator sees it: what everybody meets, and while there is one caller that is everybody. */
  get seen(): Pick<Breaker, 'state' | 'changedAt' | 'counts' | 'remainingMs'> {
    const [first, ...others] = this.#callers.values();
    return first && others.length === 0 && this.#all.state === 'closed' ? first.own : this.#all;
  }

  /** Those whose calls alone it does not let through. */
  get shutOut(): readonly string[] {
    return [...this.#callers].filter(([, { own }]) => own.state !== 'closed').map(([caller]) => caller);
  }

  /** By an operator; undefined gives it back to itself, closed for everybody. */
  force(to: 'open' | 'closed' | undefined): void {
    this.#all.force(to);
    this.#forgetAll();
  }

  /** What ends later counts no more. */
  close(): void {
    this.#all.close();
    this.#forgetAll();
  }

  #create(caller: string | undefined): Breaker {
    const { now, random, onTransition } = this.#options;
    return new Breaker({ now, random, onTransition: (transition) => onTransition?.(transition, caller) });
  }

  #forgetOne(): void {
    const [first] = this.#callers;
    const [caller, { own }] =
      [...this.#callers].find(([, one]) => one.own.state === 'closed') ?? (first as NonNullable<typeof first>);
    own.close();
    this.#callers.delete(caller);
  }

  #forgetAll(): void {
    for (const { own } of this.#callers.values()) own.close();
    this.#callers.clear();
  }
}

class OfCaller implements CallerBreaker {
  readonly own: Breaker;
  readonly #all: Breaker;
  readonly #now: () => number;
  /** Failures that have counted for all since then. */
  #counted = 0;
  #since = Number.NEGATIVE_INFINITY;
  /** Its trial found nothing out: until then the next one is left to others, however often it calls itself. */
  #waitsUntil = Number.NEGATIVE_INFINITY;

  constructor(own: Breaker, all: Breaker, now: () => number) {
    this.own = own;
    this.#all = all;
    this.#now = now;
  }

  get state(): Breaker['state'] {
    return this.#deciding.state;
  }

  get openedAt(): number | undefined {
    return this.#deciding.openedAt;
  }

  get remainingMs(): number {
    return Math.max(this.#deciding.remainingMs, this.#waitsMs);
  }

  get letsThrough(): boolean {
    return this.#deciding.letsThrough && this.#waitsMs === 0;
  }

  enter(): Pass | undefined {
    if (isForced(this.#all)) return this.#all.enter();
    if (!this.letsThrough) return undefined;
    const [isOwnTrial, isTrial] = [this.own.state === 'open', this.#all.state === 'open'];
    const [own, all] = [this.own.enter(), this.#all.enter()];
    return {
      end: (outcome) => {
        own?.end(outcome);
        if ((isOwnTrial || isTrial) && outcome === 'ignored') this.#waitsUntil = this.#now() + breakerRules.openMinMs;
        // Of a trial every failure counts: else a service that fails would be tried again as soon as after one that says nothing.
        all?.end(isTrial ? outcome : this.#forAll(outcome));
      },
    };
  }

  get #waitsMs(): number {
    const isOpen = this.own.state === 'open' || this.#all.state === 'open';
    return isOpen ? Math.max(0, this.#waitsUntil - this.#now()) : 0;
  }

  /** What an operator has said; else whichever of the two lets nothing through, for longer where neither does. */
  get #deciding(): Breaker {
    const [own, all] = [this.own, this.#all];
    if (isForced(all)) return all;
    if (own.letsThrough !== all.letsThrough) return own.letsThrough ? all : own;
    if (!own.letsThrough) return own.remainingMs >= all.remainingMs ? own : all;
    return all.state === 'closed' ? own : all;
  }

  #forAll(outcome: Outcome): Outcome {
    if (outcome === 'success' || outcome === 'ignored') return outcome;
    const now = this.#now();
    if (now - this.#since >= breakerRules.windowMs) {
      this.#since = now;
      this.#counted = 0;
    }
    return ++this.#counted <= failuresOfOneMax ? outcome : 'ignored';
  }
}

const isForced = ({ state }: Breaker): boolean => state.startsWith('forced-');
