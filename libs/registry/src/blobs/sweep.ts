/** Removes files that nobody needs, while others push and read. */
import { link, mkdir, rename, rm } from 'node:fs/promises';
import { asBlobError, isCode } from './blob-failures.ts';
import { isOlder, listBlobs, namesIn, orUndefined, type Places } from './places.ts';

export interface Sweep {
  /** Of at most 1,000 hashes, those in use. */
  readonly inUse: (sha256s: readonly string[]) => Promise<readonly string[]>;
  /** What is newer stays. */
  readonly beforeMs: number;
}

/** Answers how many files went. */
export async function sweepBlobs(places: Places, { inUse, beforeMs }: Sweep): Promise<number> {
  await mkdir(places.trash, { recursive: true, mode: 0o700 }).catch((error) => {
    throw asBlobError(error);
  });
  let removed = 0;
  const remove = async (sha256: string): Promise<void> => {
    removed += Number(await removeTrash(places, sha256, { inUse, beforeMs }));
  };
  // What an earlier sweep, which was killed, has left there.
  for (const sha256 of await namesIn(places.trash)) await remove(sha256);
  for await (const found of listBlobs(places)) {
    const old: string[] = [];
    for (const sha256 of found) if (await isOlder(places.blob(sha256), beforeMs)) old.push(sha256);
    const used = new Set(await inUse(old));
    for (const sha256 of old.filter((one) => !used.has(one))) {
      await rename(places.blob(sha256), places.trashed(sha256)).catch(orUndefined);
      await remove(sha256);
    }
  }
  return removed;
}

/**
 * Removes a file for good, unless it is needed after all. Whoever publishes a version makes its files new first and looks for them then; so a file that was taken
 * away in between is new here, and one that was taken before is missed there. One that is in use comes back in any case.
 */
async function removeTrash(places: Places, sha256: string, { inUse, beforeMs }: Sweep): Promise<boolean> {
  const trash = places.trashed(sha256);
  const isUnused = (await isOlder(trash, beforeMs)) && (await inUse([sha256])).length === 0;
  // A link instead of a move: what was uploaded again meanwhile stays.
  if (!isUnused)
    await link(trash, places.blob(sha256)).catch((error) => {
      if (!isCode(error, 'EEXIST')) orUndefined(error);
    });
  await rm(trash, { force: true });
  return isUnused;
}
