import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ClientBase } from 'pg';

/**
 * Operations on a database, written once for SQLite and Postgres: generators that ask one question of SQL after the other, and decide. SQLite answers at once,
 * Postgres later. Values are `$1`, `$2`, ... in either.
 */
export type Value = string | number | Uint8Array | null;

export interface Question {
  readonly sql: string;
  readonly values: readonly Value[];
}

export type Row = Readonly<Record<string, unknown>>;

export type Steps<Result> = Generator<Question, Result, readonly Row[]>;

export function* all(sql: string, ...values: readonly Value[]): Steps<readonly Row[]> {
  return yield { sql, values };
}

export function* first(sql: string, ...values: readonly Value[]): Steps<Row | undefined> {
  const [row] = yield { sql, values };
  return row;
}

/** Any operation, as those see it who run it by its name. */
export type AnyOperation = (...args: readonly unknown[]) => Steps<unknown>;

/** A list of placeholders from `$<from>` on. */
export const places = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, index) => `$${from + index}`).join(', ');

/** Runs an operation on a SQLite that is open. Questions are few and asked often: each is prepared once. */
export function stepsOnSqlite(db: DatabaseSync): <Result>(steps: Steps<Result>) => Result {
  const prepared = new Map<string, StatementSync>();
  const answer = ({ sql, values }: Question): readonly Row[] => {
    let statement = prepared.get(sql);
    if (!statement) {
      statement = db.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement.all(Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value])));
  };
  return (steps) => {
    let step = steps.next();
    while (!step.done) step = steps.next(answer(step.value));
    return step.value;
  };
}

/** Runs an operation over a connection to a Postgres, in whatever transaction it is. */
export async function stepsOnPostgres<Result>(steps: Steps<Result>, client: ClientBase): Promise<Result> {
  let step = steps.next();
  while (!step.done) {
    const { sql, values } = step.value;
    const { rows } = await client.query(sql, [...values]);
    step = steps.next(rows);
  }
  return step.value;
}
