/** The thread that has the registry's file open. */
import { workerData } from 'node:worker_threads';
import { type DatabaseFileOptions, openDatabaseFile, operationsOnSqlite, serveDatabase } from '@sheaf/store';
import { isRead, operationOf } from '../operations.ts';
import { migrations } from '../schema.ts';

export interface RegistryThreadData extends DatabaseFileOptions {
  /** How often to look whether another process changed something. */
  readonly pollMs: number;
}

/** "shreg" would be five. */
const applicationId = 0x73687267;

const data = workerData as RegistryThreadData;

serveDatabase('registry', () => {
  const db = openDatabaseFile(data, { kept: 'registry', applicationId, migrations });
  const epoch = db.prepare('SELECT epoch, audit_hash FROM registry_state');
  return {
    kept: 'registry',
    db,
    run: operationsOnSqlite(db, { operationOf, isRead }),
    isRead,
    marks: { epoch: () => Number(epoch.get()?.['epoch']), audit: () => String(epoch.get()?.['audit_hash']) },
    lockWaitMs: data.lockWaitMs,
    pollMs: data.pollMs,
  };
});
