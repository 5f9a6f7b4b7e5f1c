/** A backend that forgets nothing and is not quick: what one has to have, in one file. */
import { checkTakes, differenceOf } from '../check-takes.ts';
import { type Fill, levelAt, rateStanding, rateWaitMs } from '../gcra.ts';
import { concurrentWaitMs } from '../leases.ts';
import type { Limiter, Receipt, Standing, Take } from '../limiter.ts';
import { quotaStanding, quotaWaitMs, windowAt } from '../quota-window.ts';
import { closed, granted, refusal } from '../verdicts.ts';

/** `now` is in milliseconds since the epoch. */
export function createPlainLimiter(now: () => number): Limiter {
  const buckets = createPlainBuckets();
  /** When each call that is under way was let in. */
  const open = new Map<Receipt, number>();
  let isClosed = false;
  const standingsAt = (takes: readonly Take[], at: number): Standing[] =>
    takes.map((take) => standingOf(take, buckets.inUse(take, at), at));
  return {
    take: (takes, holdMs) => {
      checkTakes(takes, holdMs);
      const at = now();
      if (isClosed) return closed(0, standingsAt(takes, at));
      const asked = new Map<string, number>();
      const waits = takes.map((take) => {
        const bucket = bucketOf(take, at);
        const before = asked.get(bucket) ?? 0;
        asked.set(bucket, before + costOf(take));
        return waitOf(take, buckets.inUse(take, at) + before, at);
      });
      if (!waits.every((wait) => wait === granted)) return refusal(waits, standingsAt(takes, at));
      const receipt = { takes };
      for (const take of takes)
        if (take.kind === 'concurrent') buckets.hold(take.key, receipt, at + holdMs);
        else buckets.add(take, take.cost, at, at);
      open.set(receipt, at);
      return { taken: true, receipt, standings: standingsAt(takes, at) };
    },
    settle: (receipt, costs = []) => {
      const takenAt = open.get(receipt);
      if (takenAt === undefined) return;
      open.delete(receipt);
      buckets.letGo(receipt);
      receipt.takes.forEach((take, index) => {
        if (take.kind !== 'concurrent') buckets.add(take, differenceOf(take, costs[index]), now(), takenAt);
      });
    },
    standings: async (takes) => {
      checkTakes(takes, 0);
      return standingsAt(takes, now());
    },
    close: async () => {
      isClosed = true;
    },
  };
}

interface Lease {
  readonly key: string;
  readonly receipt: Receipt;
  readonly until: number;
}

type CountedTake = Exclude<Take, { kind: 'concurrent' }>;

/** What of each bucket is in use. */
function createPlainBuckets() {
  const fills = new Map<string, Fill>();
  let leases: readonly Lease[] = [];
  const inUse = (take: Take, at: number): number => {
    const fill = fills.get(bucketOf(take, at)) ?? { level: 0, at };
    switch (take.kind) {
      case 'rate':
        return levelAt(fill, take.perSecond, at);
      case 'quota':
        return fill.level;
      case 'concurrent':
        return leases.filter(({ key, until }) => key === take.key && until > at).length;
    }
  };
  return {
    inUse,
    /** A quota is charged in the window in which the call was let in. */
    add: (take: CountedTake, amount: number, at: number, takenAt: number): void => {
      const from = take.kind === 'quota' ? takenAt : at;
      fills.set(bucketOf(take, from), { level: Math.max(0, inUse(take, from) + amount), at });
    },
    hold: (key: string, receipt: Receipt, until: number): void => {
      leases = [...leases, { key, receipt, until }];
    },
    letGo: (receipt: Receipt): void => {
      leases = leases.filter((lease) => lease.receipt !== receipt);
    },
  };
}

const bucketOf = (take: Take, at: number): string =>
  `${take.kind === 'quota' ? windowAt(take.window, at).name : take.kind} ${take.key}`;

const costOf = (take: Take): number => (take.kind === 'concurrent' ? 1 : take.cost);

function waitOf(take: Take, inUse: number, at: number): number {
  switch (take.kind) {
    case 'rate':
      return rateWaitMs(inUse, take.cost, take);
    case 'quota':
      return quotaWaitMs(inUse, take.cost, take.max, windowAt(take.window, at).endsAt - at);
    case 'concurrent':
      return concurrentWaitMs(inUse, take.max);
  }
}

function standingOf(take: Take, inUse: number, at: number): Standing {
  switch (take.kind) {
    case 'rate':
      return rateStanding(inUse, take);
    case 'quota':
      return quotaStanding(inUse, take.max, windowAt(take.window, at).endsAt - at);
    case 'concurrent':
      return { remaining: Math.max(0, take.max - inUse), resetMs: 0 };
  }
}
