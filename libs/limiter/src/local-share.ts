/**
 * What is counted here while Redis is not there. It goes on from what Redis has told of each bucket, and what was taken here is told to Redis when it is
 * back: whoever makes it go away gains nothing.
 */
import { differenceOf } from './check-takes.ts';
import { levelAt } from './gcra.ts';
import type { Limiter, Receipt, Standing, Take, Verdict } from './limiter.ts';
import { windowAt } from './quota-window.ts';
import { shareOf } from './share.ts';

type CountedTake = Exclude<Take, { kind: 'concurrent' }>;

/** Buckets of which is remembered what Redis has told, and that were counted here; of one more, the oldest is forgotten, and begins full. */
export const knownMax = 100_000;

/** So much of a bucket was in use at a time; of a rate it runs out at the rate, of a quota it ends with its window. */
interface Used {
  readonly amount: number;
  readonly at: number;
  readonly endsAt: number;
}

/** A bucket that was counted here since Redis went away. */
interface Touched {
  readonly take: CountedTake;
  /** Of a rate: how full the share was when that began. */
  start: Used;
  /** Of a quota: what was taken here in its window; others may count in the same book. */
  taken: number;
  window: string;
  readonly ready: Promise<void>;
}

/** More of a bucket than Redis knows of. */
export interface Owed {
  readonly take: CountedTake;
  readonly amount: number;
}

/** Of a call that was let in here. */
export class LocalReceipt implements Receipt {
  readonly takes: readonly Take[];
  readonly inner: Receipt;
  /** Which absence of Redis it is of. */
  readonly absence: number;
  /** Milliseconds on the clock of `now`. */
  readonly holdsUntil: number;
  /** Names its calls at the same time in Redis, once that knows of them. */
  lease: string | undefined;

  constructor(takes: readonly Take[], inner: Receipt, absence: number, holdsUntil: number) {
    this.takes = takes;
    this.inner = inner;
    this.absence = absence;
    this.holdsUntil = holdsUntil;
  }
}

const keyOf = (take: CountedTake): string => `${take.kind === 'quota' ? take.window : 'rate'}:${take.key}`;
const isCounted = (take: Take): take is CountedTake => take.kind !== 'concurrent';

/** What is in use of a bucket that stands so. */
const usedOf = (take: CountedTake, { remaining, resetMs }: Standing): number =>
  take.kind === 'rate' ? (resetMs * take.perSecond) / 1000 : Math.max(0, take.max - remaining);

/** What is left of that now. */
function leftOf(take: CountedTake, used: Used | undefined, now: number): number {
  if (!used) return 0;
  if (take.kind === 'rate') return levelAt({ level: used.amount, at: used.at }, take.perSecond, now);
  return now < used.endsAt ? used.amount : 0;
}

export class LocalShare {
  readonly #fallback: Limiter;
  readonly #share: number;
  readonly #now: () => number;
  readonly #known = new Map<string, Used>();
  #touched = new Map<string, Touched>();
  #absence = 0;
  readonly #running = new Set<LocalReceipt>();

  /** `now` in milliseconds on a monotonic clock. */
  constructor(fallback: Limiter, share: number, now: () => number) {
    this.#fallback = fallback;
    this.#share = share;
    this.#now = now;
  }

  get now(): number {
    return this.#now();
  }

  /** What Redis has told. */
  know(takes: readonly Take[], standings: readonly Standing[]): void {
    const now = this.#now();
    takes.forEach((take, index) => {
      const standing = standings[index];
      if (!isCounted(take) || !standing) return;
      const key = keyOf(take);
      this.#known.set(key, { amount: usedOf(take, standing), at: now, endsAt: now + standing.resetMs });
      const [oldest = key] = this.#known.keys();
      if (this.#known.size > knownMax) this.#known.delete(oldest);
    });
  }

  /** Calls at the same time that Redis has let in count here too, should it go away meanwhile; undefined where there are none. */
  hold(takes: readonly Take[], holdMs: number): Receipt | undefined {
    const held = takes.flatMap((take) => (isCounted(take) ? [] : [{ ...take, max: Number.MAX_SAFE_INTEGER }]));
    if (held.length === 0) return undefined;
    const verdict = this.#fallback.take(held, holdMs);
    return !(verdict instanceof Promise) && verdict.taken ? verdict.receipt : undefined;
  }

  async take(takes: readonly Take[], holdMs: number): Promise<Verdict> {
    await Promise.all(takes.filter(isCounted).map((take) => this.#touch(take)));
    const shares = takes.map((take) => shareOf(take, this.#share));
    const verdict = await this.#fallback.take(shares, holdMs);
    if (!verdict.taken) return { ...verdict, degraded: true };
    for (const take of takes) if (take.kind === 'quota') this.#charge(take, take.cost);
    const receipt = new LocalReceipt(takes, verdict.receipt, this.#absence, this.#now() + holdMs);
    this.#running.add(receipt);
    return { ...verdict, receipt, degraded: true };
  }

  /** Answers what Redis, which has been back since, is to be told too. */
  settle(receipt: LocalReceipt, costs: readonly number[]): readonly Owed[] {
    if (!this.#running.delete(receipt)) return [];
    this.#fallback.settle(receipt.inner, costs);
    const differences = receipt.takes.flatMap((take, index) =>
      isCounted(take) ? [{ take, amount: differenceOf(take, costs[index]) }] : [],
    );
    if (receipt.absence !== this.#absence) return differences;
    for (const { take, amount } of differences) if (take.kind === 'quota') this.#charge(take, amount);
    return [];
  }

  standings(takes: readonly Take[]): Promise<readonly Standing[]> {
    return this.#fallback.standings(takes.map((take) => shareOf(take, this.#share)));
  }

  /** Redis is back: what was taken since it went away, and the calls that are under way. */
  async end(): Promise<{ readonly owed: readonly Owed[]; readonly running: readonly LocalReceipt[] }> {
    const touched = [...this.#touched.values()];
    const running = [...this.#running];
    this.#touched = new Map();
    this.#absence++;
    const owed = await Promise.all(
      touched.map(async ({ take, start, taken, window, ready }) => {
        if (take.kind === 'quota') return { take, amount: window === windowOf(take) ? taken : 0 };
        await ready;
        const own = shareOf(take, this.#share) as CountedTake;
        const [standing] = await this.#fallback.standings([own]);
        return { take, amount: (standing ? usedOf(own, standing) : 0) - leftOf(own, start, this.#now()) };
      }),
    );
    return { owed: owed.filter(({ amount }) => amount > 0), running };
  }

  /** Before a bucket is counted here for the first time: of the share as much is in use as was of the whole. */
  #touch(take: CountedTake): Promise<void> | undefined {
    const key = keyOf(take);
    const known = this.#touched.get(key);
    if (known) return known.ready;
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const start = { amount: 0, at: this.#now(), endsAt: Number.POSITIVE_INFINITY };
    const touched: Touched = { take, start, taken: 0, window: windowOf(take), ready };
    this.#touched.set(key, touched);
    const [oldest = key] = this.#touched.keys();
    if (this.#touched.size > knownMax) this.#touched.delete(oldest);
    void this.#begin(touched, this.#known.get(key)).then(resolve, resolve);
    return ready;
  }

  async #begin(touched: Touched, known: Used | undefined): Promise<void> {
    const { take } = touched;
    const own = shareOf(take, this.#share) as CountedTake;
    const now = this.#now();
    const part = sizeOf(own) / sizeOf(take);
    const wanted = leftOf(take, known, now) * part;
    const [standing] = await this.#fallback.standings([own]);
    const used = standing ? usedOf(own, standing) : 0;
    if (wanted > used) {
      const verdict = await this.#fallback.take([{ ...own, cost: 0 }], 0);
      if (verdict.taken) this.#fallback.settle(verdict.receipt, [wanted - used]);
    }
    touched.start = { ...touched.start, amount: Math.max(used, wanted), at: now };
  }

  #charge(take: CountedTake, amount: number): void {
    const touched = this.#touched.get(keyOf(take));
    if (!touched) return;
    const window = windowOf(take);
    touched.taken = Math.max(0, (touched.window === window ? touched.taken : 0) + amount);
    touched.window = window;
  }
}

/** The day or month of UTC; a rate has none. */
const windowOf = (take: CountedTake): string => (take.kind === 'quota' ? windowAt(take.window, Date.now()).name : '');

const sizeOf = (take: CountedTake): number => (take.kind === 'rate' ? take.burst : take.max) || 1;
