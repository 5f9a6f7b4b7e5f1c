import type { Principal } from '@sheaf/inference';
import type { KeySet, KeySource } from './key-source.ts';

/** A token whose signature and claims have been checked. */
export interface VerifiedToken {
  readonly principal: Principal;
  /** What its signature was checked with, and where that came from. */
  readonly keys: KeySet;
  readonly source: KeySource;
  /** It counts from here, and no longer without another look from there on; milliseconds since the epoch. */
  readonly validFrom: number;
  readonly validUntil: number;
}

/** Some 2 MiB. */
export const verifiedTokensMax = 4_096;

export interface VerifiedTokens {
  get(tokenHash: string): Principal | undefined;
  set(tokenHash: string, token: VerifiedToken): void;
  readonly size: number;
}

/** Remembers tokens by their hash, at most until they expire or their issuer changes its keys. Only good ones: bad ones cannot push them out. */
export function createVerifiedTokens(now: () => number): VerifiedTokens {
  const tokens = new Map<string, VerifiedToken>();
  const counts = ({ keys, source, validFrom, validUntil }: VerifiedToken): boolean => {
    const time = now();
    return time >= validFrom && time < validUntil && source.current() === keys;
  };
  return {
    get(tokenHash) {
      const token = tokens.get(tokenHash);
      if (token === undefined || counts(token)) return token?.principal;
      tokens.delete(tokenHash);
      return undefined;
    },
    set(tokenHash, token) {
      // A map keeps the order of its keys: the first is the one longest here.
      const [oldest] = tokens.size >= verifiedTokensMax ? tokens.keys() : [];
      if (oldest !== undefined && !tokens.has(tokenHash)) tokens.delete(oldest);
      tokens.set(tokenHash, token);
    },
    get size() {
      return tokens.size;
    },
  };
}
