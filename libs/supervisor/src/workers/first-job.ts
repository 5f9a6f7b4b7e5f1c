/** Whether a mesh has ever had a job, or declares batches that run by themselves: one that has neither needs no process for them. */
import { existsSync, unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import { readBatches } from '@sheaf/mesh';

/** Workers look so often whether there is a first job. Milliseconds. */
const lookEveryMs = 500;

/** The queue of a folder is made with its first job ([jobs](../../../jobs/README.md)). */
const queueOf = (folder: string): string => join(folder, '.sheaf', 'jobs', 'jobs.db');

/** And so often whether a batch that runs by itself is declared. Milliseconds. */
const readEveryMs = 2_000;

/**
 * Calls `onFirst` once: at once where there may be jobs already, since others may have put some into a database elsewhere, else with the first job or the first
 * batch that runs by itself. Answers what ends the wait.
 */
export function awaitFirstJob(folder: string, onFirst: () => void, env: NodeJS.ProcessEnv = process.env): () => void {
  const file = queueOf(folder);
  if (env['DATABASE_URL'] || existsSync(file)) {
    onFirst();
    return () => {};
  }
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    isOver = true;
    clearTimeout(timer);
    unwatchFile(file, look);
  };
  const first = (): void => {
    if (isOver) return;
    end();
    onFirst();
  };
  // By stat, since the folder that it comes to lie in is not there yet either.
  const look = (): void => {
    if (existsSync(file)) first();
  };
  const read = async (): Promise<void> => {
    if (await runsByItself(folder)) first();
    if (!isOver) timer = setTimeout(read, readEveryMs).unref();
  };
  watchFile(file, { interval: lookEveryMs, persistent: false }, look);
  void read();
  return end;
}

async function runsByItself(folder: string): Promise<boolean> {
  const { batches } = await readBatches(folder, undefined);
  return batches.some(({ declaration: { schedule, onPromotion } }) => schedule || onPromotion);
}
