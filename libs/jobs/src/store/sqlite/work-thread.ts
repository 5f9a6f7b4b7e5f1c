/** A thread that has the file of jobs, batches and predictions open: one for changes, one for look-ups, which wait for no flush of the disk. */
import { workerData } from 'node:worker_threads';
import { type DatabaseFileOptions, openDatabaseFile, operationsOnSqlite, serveDatabase } from '@sheaf/store';
import { isRead, operationOf } from '../operations.ts';
import { migrations } from '../schema.ts';

export interface WorkThreadData extends DatabaseFileOptions {
  /** How often to look whether another process changed something. */
  readonly pollMs: number;
  /** Whether it tells of changes. */
  readonly tells: boolean;
}

/** Of each thread. */
const cacheKiB = 65_536;
/** 64 MiB. */
const checkpointPages = 16_384;

/** "shjb" */
const applicationId = 0x73686a62;

const data = workerData as WorkThreadData;

serveDatabase('jobs', () => {
  const db = openDatabaseFile(data, { kept: 'jobs', applicationId, migrations });
  // Keys come in no order, so that each row of a chunk is in another page: those are kept, and are written back together for many chunks.
  db.exec(`PRAGMA cache_size = -${cacheKiB}; PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  const changed = db.prepare('SELECT changed FROM work_state');
  return {
    kept: 'jobs',
    db,
    run: operationsOnSqlite(db, { operationOf, isRead }),
    isRead,
    marks: data.tells ? { changed: () => Number(changed.get()?.['changed']) } : {},
    lockWaitMs: data.lockWaitMs,
    pollMs: data.pollMs,
  };
});
