/** What a thread with a SQLite runs, where its operations are written in steps. */
import type { DatabaseSync } from 'node:sqlite';
import { type AnyOperation, stepsOnSqlite } from './steps.ts';

export interface StepOperations {
  /** Each by its name. */
  readonly operationOf: (name: string) => AnyOperation;
  readonly isRead: (name: string) => boolean;
}

/** Runs an operation: a read in a view of its own, a change inside the transaction that the thread holds. */
export function operationsOnSqlite(
  db: DatabaseSync,
  { operationOf, isRead }: StepOperations,
): (name: string, args: readonly unknown[]) => unknown {
  const runSteps = stepsOnSqlite(db);
  return (name, args) => {
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
  };
}
