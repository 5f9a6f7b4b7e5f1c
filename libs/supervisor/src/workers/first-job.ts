/** Whether a mesh has ever had a job: one that has not needs no process for them. */
import { existsSync, unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';

/** Workers look so often whether there is a first job. Milliseconds. */
const lookEveryMs = 500;

/** The queue of a folder is made with its first job ([jobs](../../../jobs/README.md)). */
const queueOf = (folder: string): string => join(folder, '.sheaf', 'jobs', 'jobs.db');

/** Calls `onFirst` once, at once where there may be jobs already: in a database elsewhere others may have put some. Answers what ends the wait. */
export function awaitFirstJob(folder: string, onFirst: () => void, env: NodeJS.ProcessEnv = process.env): () => void {
  const file = queueOf(folder);
  if (env['DATABASE_URL'] || existsSync(file)) {
    onFirst();
    return () => {};
  }
  // By stat, since the folder that it comes to lie in is not there yet either.
  const look = (): void => {
    if (!existsSync(file)) return;
    unwatchFile(file, look);
    onFirst();
  };
  watchFile(file, { interval: lookEveryMs, persistent: false }, look);
  return () => unwatchFile(file, look);
}
