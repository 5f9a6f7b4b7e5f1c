/** Slows down whoever fails to authenticate again and again. */
import { isLoopback, networkOf, type Principal } from '@sheaf/inference';
import { BoundedMap } from './bounded-map.ts';

/** How many failures are let pass, and what comes then. */
export interface ThrottleSpec {
  /** Of one address (IPv6: its /64) within ten minutes. Default 1,000. */
  readonly address: number;
  /** The longest wait, in milliseconds. Default a minute. */
  readonly waitMaxMs: number;
}

export const throttleDefault: ThrottleSpec = { address: 1_000, waitMaxMs: 60_000 };

/** As many failures as are let pass are forgotten within this, evenly. */
const forgetMs = 600_000;
/** The first wait; each further failure doubles it. */
const firstWaitMs = 1_000;

/** Addresses that are remembered, some 1 MB; beyond that the one that failed longest ago is forgotten. */
export const failingMax = 16_384;
/** Credentials that were good, and of each the networks that it was good from: else nobody's memory is bounded. */
const goodMax = 16_384;
const networksMax = 16;

interface Failing {
  failures: number;
  /** When `failures` was so many; milliseconds. */
  at: number;
  /** Failures since they were as many as are let pass. */
  strikes: number;
  /** Nobody is looked at before; milliseconds. */
  until: number;
}

/** What outlives a reload. */
export interface FailureBook {
  readonly addresses: BoundedMap<string, Failing>;
  /** By the id of a principal: the networks that it came from. */
  readonly good: BoundedMap<string, Set<string>>;
}

export const createFailureBook = (): FailureBook => ({
  addresses: new BoundedMap(failingMax),
  good: new BoundedMap(goodMax),
});

/**
 * By address. Nobody is counted where the connection has none, as a Unix socket, nor on loopback, where a proxy that nobody has told us of may speak for
 * everybody. Not by the id of a key either: ids stand in logs, so that whoever knows one could shut its owner out.
 */
export interface Throttle {
  /** Milliseconds to wait before a credential from there is looked at; 0: none. */
  waitMs(address: string | undefined): number;
  /** Whether that principal has come from that address before. */
  isKnown(id: string, address: string | undefined): boolean;
  failed(address: string | undefined): void;
  succeeded(principal: Principal, address: string | undefined): void;
}

/** `now` is in milliseconds. */
export function createThrottle(spec: ThrottleSpec, book: FailureBook, now: () => number): Throttle {
  const waitOf = (failing: Failing | undefined): number =>
    // A clock that is set back is no reason to wait longer.
    failing === undefined ? 0 : Math.min(Math.max(0, failing.until - now()), spec.waitMaxMs);
  const allowed = spec.address;
  const count = (network: string): void => {
    const time = now();
    const failing = book.addresses.get(network) ?? { failures: 0, at: time, strikes: 0, until: 0 };
    const left = Math.max(0, failing.failures - (Math.max(0, time - failing.at) * allowed) / forgetMs);
    if (left < allowed / 2) failing.strikes = 0;
    failing.failures = Math.min(allowed, left + 1);
    failing.at = time;
    if (failing.failures >= allowed) {
      failing.until = time + Math.min(spec.waitMaxMs, firstWaitMs * 2 ** failing.strikes);
      failing.strikes++;
    }
    book.addresses.set(network, failing);
  };
  return {
    // Mostly nobody has failed.
    waitMs: (address) =>
      book.addresses.size > 0 && isCounted(address) ? waitOf(book.addresses.get(networkOf(address))) : 0,
    isKnown: (id, address) => book.good.get(id)?.has(networkOf(address)) ?? false,
    failed(address) {
      if (isCounted(address)) count(networkOf(address));
    },
    succeeded({ id }, address) {
      const network = networkOf(address);
      const networks = book.good.get(id);
      if (networks?.has(network)) return;
      const [oldest] = networks !== undefined && networks.size >= networksMax ? networks : [];
      if (oldest !== undefined) networks?.delete(oldest);
      book.good.set(id, (networks ?? new Set()).add(network));
    },
  };
}

const isCounted = (address: string | undefined): address is string => !!address && !isLoopback(address);
