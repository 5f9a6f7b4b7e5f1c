/// <reference path="../opossum.d.ts" />
import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';

export type BreakerState = 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed';

/** How a call ended, as far as it says something of the endpoint; `slow` counts like `failure`, `ignored` neither way. */
export type Outcome = 'success' | 'slow' | 'failure' | 'ignored';

export interface Transition {
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** How long it lets nothing through; 0 unless it opened. */
  readonly delayMs: number;
}

/** A call that was let through. */
export interface Pass {
  /** Only the first end counts. */
  end(outcome: Outcome): void;
}

export interface BreakerOptions {
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly onTransition?: (transition: Transition) => void;
}

export const breakerRules = {
  callsMin: 20,
  windowMs: 10_000,
  buckets: 10,
  openMinMs: 1_000,
  /** With the whole jitter. */
  openMaxMs: 60_000,
  /** At most so much of the delay is added to it. */
  jitter: 0.5,
  /** A trial that is ignored has found nothing out: the next one may come so soon, and no sooner, so that these are ten a second at most. */
  ignoredMs: 100,
} as const;

const bucketMs = breakerRules.windowMs / breakerRules.buckets;
/** opossum opens above its threshold; we open at half. */
const justBelowHalf = 50 - 1e-7;

const failed = new Error('the call failed');
/** Settles at once: what is told here has happened already. */
const settled = {
  // biome-ignore lint/suspicious/noThenProperty: opossum calls it; a promise would make it learn of an answer too late to refuse the next call.
  then(done: () => void) {
    done();
    return settled;
  },
  catch: () => settled,
};

/** opossum is told how calls ended: it would count one that is under way, or was ignored, as a good one. */
function tell(isFailure: boolean): typeof settled {
  if (isFailure) throw failed;
  return settled;
}

type Circuit = CircuitBreaker<[boolean]>;

/**
 * Lets calls of one model version to one endpoint through, or not. opossum keeps the window and decides when to open and when to close; it lives as
 * long as the breaker is closed or half-open. The delays are ours, without a timer: an open breaker becomes half-open when a call comes after them.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #buckets = new EventEmitter();
  #state: BreakerState = 'closed';
  #circuit: Circuit | undefined;
  /** When the newest bucket began. */
  #bucketAt: number;
  /** Since it was closed last. */
  #openings = 0;
  #changedAt: number;
  #delayMs = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#bucketAt = options.now();
    this.#changedAt = this.#bucketAt;
    this.#circuit = this.#createCircuit(false);
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** On the clock of `now`; undefined unless it is open. */
  get openedAt(): number | undefined {
    return this.#state === 'open' || this.#state === 'forced-open' ? this.#changedAt : undefined;
  }

  /** When it came into its state, on the clock of `now`. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Calls of the window, and those of them that failed or were slow; none while it is open or forced. */
  get counts(): { readonly calls: number; readonly failures: number } {
    if (!this.#circuit) return { calls: 0, failures: 0 };
    this.#rotate();
    const { successes, failures } = this.#circuit.status.stats;
    return { calls: successes + failures, failures };
  }

  /** How long it lets nothing through; 0 when a call may go, or is on trial. */
  get remainingMs(): number {
    if (this.#state === 'forced-open') return Number.POSITIVE_INFINITY;
    return this.#state === 'open' ? Math.max(0, this.#changedAt + this.#delayMs - this.#options.now()) : 0;
  }

  /** Whether `enter` would let a call through. */
  get letsThrough(): boolean {
    if (this.#state === 'open') return this.remainingMs === 0;
    return this.#state === 'closed' || this.#state === 'forced-closed';
  }

  /** Undefined: the call may not go. Whoever gets a pass ends it. */
  enter(): Pass | undefined {
    if (!this.letsThrough) return undefined;
    if (this.#state === 'open') {
      this.#replace(this.#createCircuit(true));
      this.#become('half-open');
    }
    const circuit = this.#circuit;
    let open = true;
    return {
      end: (outcome) => {
        // What a call says that began before the last change says nothing of what is now.
        if (open && circuit && circuit === this.#circuit) this.#record(circuit, outcome);
        open = false;
      },
    };
  }

  /** By an operator; undefined gives it back to itself, closed. */
  force(to: 'open' | 'closed' | undefined): void {
    if (to === undefined && !this.#state.startsWith('forced-')) return;
    this.#replace(to === undefined ? this.#createCircuit(false) : undefined);
    this.#openings = 0;
    this.#become(to === undefined ? 'closed' : `forced-${to}`);
  }

  /** What ends later counts no more. */
  close(): void {
    this.#replace(undefined);
  }

  #record(circuit: Circuit, outcome: Outcome): void {
    if (outcome === 'ignored') {
      if (this.#state === 'half-open') this.#open(breakerRules.ignoredMs);
      return;
    }
    this.#rotate();
    circuit.fire(outcome !== 'success').catch(() => {});
    // opossum keeps every latency, also with its percentiles off.
    const [newest] = circuit.status.window;
    if (newest) newest.latencyTimes.length = 0;
  }

  #rotate(): void {
    const due = Math.floor((this.#options.now() - this.#bucketAt) / bucketMs);
    this.#bucketAt += due * bucketMs;
    for (let bucket = 0; bucket < Math.min(due, breakerRules.buckets); bucket++) this.#buckets.emit('rotate');
  }

  #open(delayMs: number): void {
    this.#replace(undefined);
    this.#delayMs = delayMs;
    this.#become('open', delayMs);
  }

  /** Doubles with each opening until the breaker closes. */
  #nextDelayMs(): number {
    const { openMinMs, openMaxMs, jitter } = breakerRules;
    const base = Math.min(openMinMs * 2 ** this.#openings, openMaxMs / (1 + jitter));
    this.#openings++;
    return base * (1 + jitter * this.#options.random());
  }

  #replace(circuit: Circuit | undefined): void {
    this.#circuit?.shutdown();
    this.#circuit = circuit;
  }

  #become(to: BreakerState, delayMs = 0): void {
    const from = this.#state;
    this.#state = to;
    // Also where it is forced anew, or a trial has found nothing out.
    this.#changedAt = this.#options.now();
    if (from !== to) this.#options.onTransition?.({ from, to, delayMs });
  }

  #createCircuit(halfOpen: boolean): Circuit {
    const circuit: Circuit = new CircuitBreaker(tell, {
      name: 'breaker',
      timeout: false,
      volumeThreshold: breakerRules.callsMin,
      errorThresholdPercentage: justBelowHalf,
      rollingCountTimeout: breakerRules.windowMs,
      rollingCountBuckets: breakerRules.buckets,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#buckets,
      ...(halfOpen ? { state: { closed: false, halfOpen } } : {}),
    });
    circuit.on('open', () => this.#open(this.#nextDelayMs()));
    circuit.on('close', () => {
      this.#openings = 0;
      this.#become('closed');
    });
    return circuit;
  }
}
