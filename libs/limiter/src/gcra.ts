/**
 * The Generic Cell Rate Algorithm of ITU-T I.371 for calls of any cost. Its virtual scheduling form keeps a theoretical arrival time, TAT, and takes
 * a call of cost c at time t when max(TAT, t) + c·T - t <= burst·T, with T = 1 / rate. This is its other form, the continuous-state leaky bucket,
 * which takes exactly the same calls: TAT = at + level·T. We keep the level because it stays exact (a double that counts milliseconds since 1970 has
 * steps of a quarter microsecond, which is a quarter of T at a million a second), and because units stay what they are when a reload changes the rate.
 */
import { granted } from './verdicts.ts';

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** How much was in the bucket at a time; it runs out at the rate. Above the burst, it owes. */
export interface Fill {
  level: number;
  at: number;
}

/** Sums of doubles are a little off; without this the last of 3 calls of 1/3 might be refused. */
const roundingMargin = 1 + 1e-9;

/** A clock that was set back costs nobody anything: the time in between just does not count. */
export function levelAt({ level, at }: Fill, perSecond: number, now: number): number {
  return Math.max(0, level - (Math.max(0, now - at) * perSecond) / 1000);
}

/** `level` is how full it is now. */
export function rateWaitMs(level: number, cost: number, { perSecond, burst }: Rate): number {
  const most = burst * roundingMargin;
  if (cost > most) return Number.POSITIVE_INFINITY;
  if (cost === 0 || level + cost <= most) return granted;
  return ((level + cost - burst) / perSecond) * 1000;
}

export function rateStanding(level: number, { perSecond, burst }: Rate): { remaining: number; resetMs: number } {
  return { remaining: Math.max(0, burst - level), resetMs: (level / perSecond) * 1000 };
}
