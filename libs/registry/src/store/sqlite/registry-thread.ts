/** The thread that has the registry's file open. */
import { workerData } from 'node:worker_threads';
import { type DatabaseFileOptions, openDatabaseFile, serveDatabase, stepsOnSqlite } from '@sheaf/store';
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
  const runSteps = stepsOnSqlite(db);
  const epoch = db.prepare('SELECT epoch, audit_hash FROM registry_state');
  return {
    kept: 'registry',
    db,
    run: (name, args) => {
      const read = isRead(name);
      // One view for all of its questions: another process may write in between.
      if (read) db.exec('BEGIN');
      // What says no half way has changed nothing.
      else db.exec('SAVEPOINT operation');
      try {
        const result = runSteps(operationOf(name)(...args));
        db.exec(read ? 'COMMIT' : 'RELEASE operation');
        return result;
      } catch (error) {
        if (db.isTransaction) db.exec(read ? 'ROLLBACK' : 'ROLLBACK TO operation; RELEASE operation');
        throw error;
      }
    },
    isRead,
    marks: { epoch: () => Number(epoch.get()?.['epoch']), audit: () => String(epoch.get()?.['audit_hash']) },
    lockWaitMs: data.lockWaitMs,
    pollMs: data.pollMs,
  };
});
