/** Answers operations that are written in steps, in the thread of a database in SQLite. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Question, Row, Steps } from './steps.ts';

export interface StepOperations {
  /** Each by its name. */
  readonly operationOf: (name: string) => (...args: readonly unknown[]) => Steps<unknown>;
  readonly isRead: (name: string) => boolean;
}

/** What runs an operation: a read in a view of its own, a change inside the transaction that the thread holds. */
export function sqliteSteps(
  db: DatabaseSync,
  { operationOf, isRead }: StepOperations,
): (name: string, args: readonly unknown[]) => unknown {
  const answer = createAnswer(db);
  return (name, args) => {
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
  };
}

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
