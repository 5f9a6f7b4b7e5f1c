import { openSqliteWork, type SqliteWorkOptions } from './store/sqlite/open-sqlite-work.ts';
import type { Work } from './work.ts';

export interface WorkOptions extends SqliteWorkOptions {}

/** Opens the jobs, batches and predictions of the mesh in `folder`: in `<folder>/.sheaf/jobs`, made where there is none. */
export async function openWork(folder: string, options: WorkOptions = {}): Promise<Work> {
  return openSqliteWork(folder, options);
}
