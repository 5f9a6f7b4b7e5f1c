/** What one call takes of one bucket. Callers that name the same key share the bucket. */
export type Take =
  /** GCRA: so much a second in the long run, so much at once. */
  | {
      readonly kind: 'rate';
      readonly key: string;
      readonly cost: number;
      readonly perSecond: number;
      readonly burst: number;
    }
  /** So many calls at the same time; given back when the call is settled. */
  | { readonly kind: 'concurrent'; readonly key: string; readonly max: number }
  /** So much in a day or month of UTC. */
  | {
      readonly kind: 'quota';
      readonly key: string;
      readonly cost: number;
      readonly max: number;
      readonly window: QuotaWindow;
    };

export type QuotaWindow = 'day' | 'month';

/** How a bucket stands after a call: what is left, and the milliseconds until it is full again (0: it is; of a `concurrent` one always 0). */
export interface Standing {
  readonly remaining: number;
  readonly resetMs: number;
}

/** What was taken; to be settled once, whatever becomes of the call, with the limiter that gave it. A second time does nothing. */
export interface Receipt {
  readonly takes: readonly Take[];
}

export type Verdict =
  | {
      readonly taken: true;
      readonly receipt: Receipt;
      /** One for each take, in their order. */
      readonly standings: readonly Standing[];
      /** The shared state could not be asked: a share of the limits was counted in this process alone. */
      readonly degraded?: true;
    }
  | {
      readonly taken: false;
      /** Which take was refused, of several the one that takes longest; nothing was taken of any. */
      readonly refused: number;
      /** `too-costly`: more than the whole bucket holds, so that waiting does not help. `closed`: the state cannot be asked, and is then not to be done without. */
      readonly why: 'empty' | 'too-costly' | 'closed';
      /** Milliseconds until the same takes would be granted if nobody else came; of a `concurrent` one 0, since nobody can know; of a `too-costly` one -1: never. */
      readonly retryAfterMs: number;
      readonly standings: readonly Standing[];
      readonly degraded?: true;
    };

/** The state of all buckets. Takes everything that a call needs in one atomic step, or nothing. */
export interface Limiter {
  /**
   * Throws INTERNAL when a number is NaN, negative or infinite (whoever computed it is wrong, and no bucket may suffer from that). A cost of 0 is
   * always granted.
   *
   * `holdMs` is how long the call may take at most: what it holds of a `concurrent` bucket is free again after that even if it is never settled
   * (its process may have died).
   */
  take(takes: readonly Take[], holdMs: number): Verdict | Promise<Verdict>;
  /**
   * The call has ended. `costs` are what it has really cost, one for each take in their order, where that differs from what was taken: the
   * difference is charged (a bucket may then owe) or given back (never beyond full). A cost that is no number counts as what was taken.
   * Never throws.
   */
  settle(receipt: Receipt, costs?: readonly number[]): void;
  /** How buckets stand, without taking anything. */
  standings(takes: readonly Take[]): Promise<readonly Standing[]>;
  /** Afterwards every take is refused as `closed`. */
  close(): Promise<void>;
}
