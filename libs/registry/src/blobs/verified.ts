/** What was hashed a moment ago, so that many small reads of a large file cost one hash of it and not one each. */
import type { FileHandle } from 'node:fs/promises';
import { hashOf } from './read-file.ts';

/** Hashes a file, or tells what it hashed to a moment ago if it is the same file, and nobody has written it since. */
export type HashRecent = (handle: FileHandle) => Promise<string>;

interface Hashed {
  readonly sha256: Promise<string>;
  readonly atMs: number;
}

/** A disk may change bits without telling: after so long they are looked at again. */
const ageMaxMs = 60_000;
const filesMax = 1_000;
/** Systems tell times by ticks: a file that was written within the last ones may be written once more at the same time. Milliseconds. */
const tickMs = 100;

/** `now` is in milliseconds since the epoch, as the system tells the times of files. */
export function createHashRecent(hash: HashRecent = hashOf, now: () => number = Date.now): HashRecent {
  const known = new Map<string, Hashed>();
  return async (handle) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
    // The time of its last change cannot be set by whoever writes it.
    const key = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    const before = known.get(key);
    if (before && now() - before.atMs < ageMaxMs) return before.sha256;
    const sha256 = hash(handle);
    if (now() - Number(ctimeNs / 1_000_000n) < tickMs) return sha256;
    known.delete(key);
    known.set(key, { sha256, atMs: now() });
    sha256.catch(() => known.delete(key));
    for (const oldest of known.keys()) {
      if (known.size <= filesMax) break;
      known.delete(oldest);
    }
    return sha256;
  };
}
