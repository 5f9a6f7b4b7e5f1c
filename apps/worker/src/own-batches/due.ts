/** What of the batches that a folder declares is due. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { dueTime } from '@sheaf/batch';
import { type DeclaredBatch, readBatches, snapshotOf, viewFile } from '@sheaf/mesh';

/** A time that was missed for longer is not made up for. It is less than a batch is kept, so that its key is still known. Milliseconds. */
const missedMaxMs = 7 * 86_400_000;

/** A batch that runs by itself. */
export interface OwnBatch extends DeclaredBatch {
  /** When its file was written last: times before that are not owed. Wall-clock milliseconds. */
  readonly writtenAt: number;
}

/** Those of a folder that run by themselves; those with mistakes, which `sheaf check` tells, do not. */
export async function ownBatches(folder: string): Promise<readonly OwnBatch[]> {
  const { batches } = await readBatches(folder, undefined);
  const own = batches.filter(({ declaration: { schedule, onPromotion } }) => schedule || onPromotion);
  return Promise.all(
    own.map(async (batch) => ({ ...batch, writtenAt: (await stat(join(folder, batch.file))).mtimeMs })),
  );
}

/** The key of its last due time; undefined where none is owed. Every worker on every machine finds the same one. */
export function scheduleKey({ name, declaration: { schedule }, writtenAt }: OwnBatch, now: number): string | undefined {
  const time = schedule && dueTime(schedule, Math.max(writtenAt, now - missedMaxMs), now);
  return time === undefined ? undefined : `schedule:${name}:${new Date(time).toISOString()}`;
}

/** As long as it is the same, callers get the same versions: the folder, and what a registry has sent. */
export async function versionsStamp(folder: string): Promise<string> {
  const view = await stat(viewFile(folder)).catch(() => undefined);
  return `${await snapshotOf(folder)}\n${view?.ino} ${view?.mtimeMs}`;
}
