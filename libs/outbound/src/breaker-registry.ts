import { log } from '@sheaf/inference';
import type { BreakerState, Transition } from './breaker.ts';
import { FairBreaker } from './fair-breaker.ts';

/** Which calls a breaker is for. */
export interface BreakerName {
  readonly service: string;
  /** The address. */
  readonly endpoint: string;
  readonly model: string;
  readonly version: string;
}

/** A breaker as an operator sees it. */
export interface BreakerReport extends BreakerName {
  readonly state: BreakerState;
  /** How long it has been in this state. */
  readonly inStateMs: number;
  /** Of the window, as far as they count; none while it is open or forced. */
  readonly calls: number;
  /** Of those, the ones that failed or were slow. */
  readonly failures: number;
  /** Until a call may try it; infinite while it is forced open. */
  readonly remainingMs: number;
  /** Tenants whose calls alone are not let through. */
  readonly shutOut: readonly string[];
  /** How long ago it opened lately, the last times, the oldest first. */
  readonly openedAgoMs: readonly number[];
}

export interface BreakerRegistryOptions {
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** `caller` is whose calls alone it is about; undefined: everybody's. */
  readonly onTransition?: (name: BreakerName, transition: Transition, caller: string | undefined) => void;
}

/** Addresses come and go; the breakers of the oldest are forgotten. */
const breakersMax = 4_096;
const forcedMax = 256;
/** Of one breaker; more say no more of whether it flaps. */
const openingsMax = 8;

interface Known {
  readonly name: BreakerName;
  readonly breaker: FairBreaker;
  /** When it opened, the last times. */
  readonly openedAt: number[];
}

interface Forced {
  readonly which: Partial<BreakerName>;
  readonly to: 'open' | 'closed' | undefined;
}

const fits = (name: BreakerName, which: Partial<BreakerName>): boolean =>
  Object.entries(which).every(([part, value]) => name[part as keyof BreakerName] === value);

/** All breakers, from one reload to the next: what an operator forced stays so, and what is ill is not asked anew. */
export class BreakerRegistry {
  readonly #options: BreakerRegistryOptions;
  readonly #breakers = new Map<string, Known>();
  /** The last word of operators about each part of the mesh. */
  readonly #forced = new Map<string, Forced>();

  constructor(options: BreakerRegistryOptions) {
    this.#options = options;
  }

  /** The same one for the same name, made when it is asked for first. */
  getOrCreate(name: BreakerName): FairBreaker {
    const key = JSON.stringify([name.service, name.endpoint, name.model, name.version]);
    const known = this.#breakers.get(key);
    if (known) return known.breaker;
    const { now, random, onTransition } = this.#options;
    const openedAt: number[] = [];
    const breaker = new FairBreaker({
      now,
      random,
      onTransition: (transition, caller) => {
        if (transition.to === 'open' && caller === undefined) openedAt.push(now());
        if (openedAt.length > openingsMax) openedAt.shift();
        onTransition?.(name, transition, caller);
      },
    });
    this.#breakers.set(key, { name, breaker, openedAt });
    // A process that is started again has another address, and is forced like the one before.
    const word = this.#wordOn(name);
    if (word) breaker.force(word.to);
    // The first of a map is what was put in first. Whoever still holds it may go on: it has no timer.
    if (this.#breakers.size > breakersMax) this.#breakers.delete(this.#breakers.keys().next().value ?? key);
    return breaker;
  }

  reports(): readonly BreakerReport[] {
    return [...this.#breakers.values()].map((known) => this.#reportOf(known));
  }

  /** Whether an operator has forced what has this name, or would have it when it comes. */
  isForced(name: BreakerName): boolean {
    return this.#wordOn(name)?.to !== undefined;
  }

  /**
   * Forces open or closed what fits, now and later, or gives it back to itself; answers what fits now, as it is then. The last word about a breaker
   * counts, and the oldest of very many words is forgotten.
   */
  force(which: Partial<BreakerName>, to: 'open' | 'closed' | undefined): readonly BreakerReport[] {
    const key = JSON.stringify(Object.entries(which).sort());
    this.#forced.delete(key);
    this.#forced.set(key, { which, to });
    if (this.#forced.size > forcedMax) this.#forced.delete(this.#forced.keys().next().value ?? key);
    const fitting = [...this.#breakers.values()].filter(({ name }) => fits(name, which));
    for (const { breaker } of fitting) breaker.force(to);
    return fitting.map((known) => this.#reportOf(known));
  }

  close(): void {
    for (const { breaker } of this.#breakers.values()) breaker.close();
    this.#breakers.clear();
  }

  #wordOn(name: BreakerName): Forced | undefined {
    return [...this.#forced.values()].findLast(({ which }) => fits(name, which));
  }

  #reportOf({ name, breaker: { seen, shutOut }, openedAt }: Known): BreakerReport {
    const { state, remainingMs, changedAt, counts } = seen;
    const now = this.#options.now();
    const openedAgoMs = openedAt.map((at) => now - at);
    return { ...name, state, remainingMs, inStateMs: now - changedAt, ...counts, shutOut, openedAgoMs };
  }
}

/** For the log: what changed, and for how long. */
export function logTransition(
  breaker: BreakerName,
  { from, to, delayMs }: Transition,
  caller: string | undefined,
): void {
  const { service, endpoint, model, version } = breaker;
  const name = version === '' ? model : `${model}/${version}`;
  const during = delayMs > 0 ? ` for ${Math.ceil(delayMs)} ms` : '';
  const whose = caller === undefined ? '' : `, for calls of ${caller} alone`;
  const line = `breaker of ${name} at ${endpoint} (${service}): ${from} -> ${to}${during}${whose}`;
  log('breaker.changed', line, {
    ...{ service, endpoint, model, version, from, to, caller },
    delayMs: Math.ceil(delayMs),
  });
}
