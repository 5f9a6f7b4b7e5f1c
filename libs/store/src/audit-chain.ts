/** The arithmetic of the audit chain, the same for every adapter: each entry is hashed together with the hash before it. */
import { hash } from 'node:crypto';
import type { AuditEntry, AuditHead, ChainedEntry } from './state.ts';

/** Before the first entry. */
export const chainStart: AuditHead = { sequence: 0, hash: '0'.repeat(64) };

/** What a look at one page of the chain found. */
export type PageCheck =
  | { readonly kind: 'whole' }
  | { readonly kind: 'more'; readonly place: AuditHead }
  | { readonly kind: 'broken'; readonly sequence: number };

/** The entry that comes after `before`. */
export function chain(before: AuditHead, entry: AuditEntry): ChainedEntry {
  const { at, actor, action, subject, detail } = entry;
  const sequence = before.sequence + 1;
  return { at, actor, action, subject, detail, sequence, hash: chainHash(before.hash, sequence, entry) };
}

/** How the chain goes on from a place: where it ends with these entries, or the first of them that is not what was written. */
export function follow(
  from: AuditHead,
  entries: readonly ChainedEntry[],
): { readonly end: AuditHead } | { readonly brokenAt: number } {
  let end = from;
  for (const entry of entries) {
    const sequence = end.sequence + 1;
    if (entry.sequence !== sequence || entry.hash !== chainHash(end.hash, sequence, entry))
      return { brokenAt: sequence };
    end = { sequence, hash: entry.hash };
  }
  return { end };
}

/**
 * Checks the entries that come after `from`. A page shorter than `pageSize` is the last one and must end at `head`, the place that is kept apart
 * from the entries: without it nobody would miss the newest ones.
 */
export function checkPage(
  from: AuditHead,
  page: readonly ChainedEntry[],
  pageSize: number,
  head: AuditHead,
): PageCheck {
  const followed = follow(from, page);
  if ('brokenAt' in followed) return { kind: 'broken', sequence: followed.brokenAt };
  const { end: place } = followed;
  if (page.length === pageSize) return { kind: 'more', place };
  if (head.sequence > place.sequence) return { kind: 'broken', sequence: place.sequence + 1 };
  const sameEnd = head.sequence === place.sequence && head.hash === place.hash;
  return sameEnd ? { kind: 'whole' } : { kind: 'broken', sequence: Math.max(1, place.sequence) };
}

/**
 * SHA-256 over the UTF-8 bytes of a JSON array without spaces. Such an array has one spelling only, its strings cannot run into each other, and
 * anybody can compute it again without our code. Strings are well-formed: `checks.ts` sees to that before they get here.
 */
function chainHash(before: string, sequence: number, { at, actor, action, subject, detail }: AuditEntry): string {
  return hash('sha256', JSON.stringify([before, sequence, at, actor, action, subject, detail]), 'hex');
}
