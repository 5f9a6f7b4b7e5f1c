/** The embedded store: a file in the folder of the mesh, behind threads of its own. */
import { join } from 'node:path';
import { openDatabase } from '@sheaf/store';
import type { Work } from '../../work.ts';
import { createChanges } from '../changes.ts';
import { createWork } from '../create-work.ts';
import { type Ask, isRead } from '../operations.ts';
import type { WorkThreadData } from './work-thread.ts';

export interface SqliteWorkOptions {
  /** The most operations that wait at once; more are refused (JOBS_OVERLOADED). Default 4,096. */
  readonly queueMax?: number;
  /** The longest that an operation waits for another process that is writing (JOBS_LOCKED). Default 5,000. */
  readonly lockWaitMs?: number;
  /** The largest that the file may grow (JOBS_FULL). Default 64 GiB. */
  readonly bytesMax?: number;
  /** How often to look whether another process changed something. Default 50. */
  readonly pollMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Opens `<folder>/.sheaf/jobs/jobs.db`, and makes it where there is none. Several processes of one machine may have it open. */
export async function openSqliteWork(folder: string, options: SqliteWorkOptions = {}): Promise<Work> {
  const { queueMax = 4_096, lockWaitMs = 5_000, bytesMax = 64 * 2 ** 30, pollMs = 50, now = Date.now } = options;
  const path = join(folder, '.sheaf', 'jobs', 'jobs.db');
  let look = (): void => {};
  const open = (tells: boolean) =>
    openDatabase({
      kept: 'jobs',
      module: new URL('./work-thread.ts', import.meta.url),
      workerData: { path, lockWaitMs, bytesMax, pollMs, tells } satisfies WorkThreadData,
      queueMax,
      marks: tells ? ['changed'] : [],
      onChanged: () => look(),
    });
  const writer = await open(true);
  const reader = await open(false).catch(async (error: unknown) => {
    await writer.close();
    throw error;
  });
  const ask = ((name, ...args) => (isRead(name) ? reader : writer).ask(name, args)) as Ask;
  const changes = createChanges({ last: () => ask('lastChange'), after: (last) => ask('changesAfter', last) });
  look = changes.look;
  const close = async (): Promise<void> => {
    changes.close();
    await Promise.all([writer.close(), reader.close()]);
  };
  return createWork({ ask, onChange: changes.onChange, now, close });
}
