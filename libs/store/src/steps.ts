/**
 * Operations of a database are generators: they ask one question of SQL after the other, and decide. SQLite answers at once, Postgres later; so each operation,
 * and each question, is written once for both. Values are `$1`, `$2`, ... in either.
 */
export type Value = string | number | null | Uint8Array;

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

/** A list of placeholders from `$<from>` on. */
export const places = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, index) => `$${from + index}`).join(', ');
