/** Shares calls out by weight: exactly in the long run, or by a key so that whoever has the same one goes the same way. */
import { hash } from 'node:crypto';

export interface Share<T> {
  readonly to: T;
  /** 0 or more; the sum of all is above 0. */
  readonly weight: number;
}

/** Of the keys that were seen, so many need not be hashed again. */
const knownMax = 1_024;

/** `key` undefined: each call by itself. */
export type Split<T> = (key: string | undefined) => T;

export function createSplit<T>(shares: readonly Share<T>[]): Split<T> {
  const next = createTurns(shares);
  const known = new Map<string, T>();
  const ofKey = (key: string): T => {
    const to = byKey(shares, key);
    if (known.size >= knownMax) known.clear();
    known.set(key, to);
    return to;
  };
  return (key) => (key === undefined ? next() : (known.get(key) ?? ofKey(key)));
}

/** Smooth weighted round robin, as nginx has it: after n calls each share has had its part of n, give or take one. */
function createTurns<T>(shares: readonly Share<T>[]): () => T {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  const credits = shares.map(() => 0);
  return () => {
    let best = 0;
    for (const [index, { weight }] of shares.entries()) {
      credits[index] = (credits[index] ?? 0) + weight;
      if ((credits[index] ?? 0) > (credits[best] ?? 0)) best = index;
    }
    credits[best] = (credits[best] ?? 0) - total;
    return (shares[best] as Share<T>).to;
  };
}

/** Where the key falls among the weights, laid end to end. A share that grows takes keys only of those that shrink beside it. */
function byKey<T>(shares: readonly Share<T>[], key: string): T {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  let left = (Number.parseInt(hash('sha256', key, 'hex').slice(0, 12), 16) / 2 ** 48) * total;
  for (const { to, weight } of shares) {
    if (left < weight) return to;
    left -= weight;
  }
  return (shares.findLast(({ weight }) => weight > 0) as Share<T>).to;
}
