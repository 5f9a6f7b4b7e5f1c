/** The thread that has the registry's file open. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { type DatabaseFileOptions, openDatabaseFile, serveDatabase } from '@sheaf/store';
import { isRead, operationOf } from '../operations.ts';
import { migrations } from '../schema.ts';
import type { Question, Row, Steps } from '../steps.ts';

export interface RegistryThreadData extends DatabaseFileOptions {
  /** How often to look whether another process changed something. */
  readonly pollMs: number;
}

/** "shreg" would be five. */
const applicationId = 0x73687267;

const data = workerData as RegistryThreadData;

serveDatabase('registry', () => {
  const db = openDatabaseFile(data, { kept: 'registry', applicationId, migrations });
  const answer = createAnswer(db);
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
        const result = runSteps(operationOf(name)(...args), answer);
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

function runSteps<Result>(steps: Steps<Result>, answer: (question: Question) => readonly Row[]): Result {
  let step = steps.next();
  while (!step.done) step = steps.next(answer(step.value));
  return step.value;
}

/** Questions are few and asked often: each is prepared once. */
function createAnswer(db: DatabaseSync): (question: Question) => readonly Row[] {
  const prepared = new Map<string, StatementSync>();
  return ({ sql, values }) => {
    let statement = prepared.get(sql);
    if (!statement) {
      statement = db.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement.all(Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value])));
  };
}
