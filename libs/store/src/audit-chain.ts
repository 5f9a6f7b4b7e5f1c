/** The arithmetic of the audit chain, the same for every adapter: each entry is hashed together with the hash before it. */
import { hash } from 'node:crypto';
import type { AuditEntry, ChainedEntry } from './state.ts';

/** A place in the chain: the entry with this sequence has this hash. */
export interface ChainPlace {
  readonly sequence: number;
  readonly hash: string;
}

/** Before the first entry. */
export const chainStart: ChainPlace = { sequence: 0, hash: '0'.repeat(64) };

/** What a look at one page of the chain found. */
export type PageCheck =
  | { readonly kind: 'whole' }
  | { readonly kind: 'more'; readonly place: ChainPlace }
  | { readonly kind: 'broken'; readonly sequence: number };

/** The entry that comes after `before`. */
export function chain(before: ChainPlace, entry: AuditEntry): ChainedEntry {
  const { at, actor, action, subject, detail } = entry;
  const sequence = before.sequence + 1;
  return { at, actor, action, subject, detail, sequence, hash: chainHash(before.hash, sequence, entry) };
}

/**
 * Checks the entries that come after `from`. A page shorter than `pageSize` is the last one and must end at `head`, the place that is kept apart
 * from the entries: without it nobody would miss the newest ones.
 */
export function checkPage(
  from: ChainPlace,
  page: readonly ChainedEntry[],
  pageSize: number,
  head: ChainPlace,
): PageCheck {
  let place = from;
  for (const entry of page) {
    const sequence = place.sequence + 1;
    if (entry.sequence !== sequence || entry.hash !== chainHash(place.hash, sequence, entry))
      return { kind: 'broken', sequence };
    place = { sequence, hash: entry.hash };
  }
  if (page.length === pageSize) return { kind: 'more', place };
  if (head.sequence > place.sequence) return { kind: 'broken', sequence: place.sequence + 1 };
  const sameEnd = head.sequence === place.sequence && head.hash === place.hash;
  return sameEnd ? { kind: 'whole' } : { kind: 'broken', sequence: Math.max(1, place.sequence) };
}

/**
 * SHA-256 over the UTF-8 bytes of a JSON array without spaces. Such an array has one spelling only, its strings cannot run into each other, and
 * anybody can compute it again without our code. Strings are well-formed: the door has checked.
 */
function chainHash(before: string, sequence: number, { at, actor, action, subject, detail }: AuditEntry): string {
  return hash('sha256', JSON.stringify([before, sequence, at, actor, action, subject, detail]), 'hex');
}
