import { openSqliteWork, type SqliteWorkOptions } from './store/sqlite/open-sqlite-work.ts';
import type { Work } from './work.ts';

export interface WorkOptions extends SqliteWorkOptions {
  /** `postgres://user:password@host/database`: where all of it is kept, for workers on more machines than one. Default: in SQLite, in the folder. */
  readonly databaseUrl?: string | undefined;
}

/** Opens the jobs, batches and predictions of the mesh in `folder`: in `<folder>/.sheaf/jobs`, or in the database; made where there is none. */
export async function openWork(folder: string, options: WorkOptions = {}): Promise<Work> {
  const { databaseUrl } = options;
  if (!databaseUrl) return openSqliteWork(folder, options);
  // Most have none, and would wait for its libraries at the start.
  const { openPostgresWork } = await import('./postgres/open-postgres-work.ts');
  return openPostgresWork(databaseUrl, options);
}
