/** What a chunk has computed becomes part of its generation, and its errors part of its batch. */
import { all, first, type Row, type Steps, type Value } from '@sheaf/store';
import type { ChunkCommit, PredictionRow, RowFailure } from '../batch.ts';
import { invalid, quoted } from '../refusals.ts';

/** Rows of one question: few enough for the parameters that a question may have, and whole groups are prepared once. */
const groupRows = 50;

export function* commitChunk(nowMs: number, job: Row, { rows, errors }: ChunkCommit): Steps<void> {
  checkRows(Number(job['first_row']), Number(job['chunk_rows']), rows, errors);
  // First, so that chunks of one batch are committed one after the other wherever transactions run side by side.
  const batch = (yield* first(
    `UPDATE batches SET chunks_done = chunks_done + 1, rows_done = rows_done + $1 WHERE id = $2 RETURNING *`,
    ...[rows.length + errors.length, String(job['batch'])],
  )) as Row;
  const generation = Number(batch['generation']);
  const { kept, doubles, added } = yield* resolveKeys(generation, rows);
  yield* insertRows(nowMs, generation, kept);
  const failures = [...errors, ...doubles];
  yield* insertErrors(String(batch['id']), failures);
  yield* all('UPDATE batches SET rows_failed = rows_failed + $1 WHERE id = $2', failures.length, String(batch['id']));
  yield* all('UPDATE generations SET row_count = row_count + $1 WHERE place = $2', added, generation);
}

function checkRows(
  firstRow: number,
  count: number,
  rows: readonly PredictionRow[],
  errors: readonly RowFailure[],
): void {
  const seen = new Set<number>();
  for (const { row } of [...rows, ...errors]) {
    if (row < firstRow || row >= firstRow + count)
      throw invalid('commit.rows', `want rows ${firstRow} to ${firstRow + count - 1} of the chunk, got row ${row}`);
    if (seen.has(row)) throw invalid('commit.rows', `want each row once, got row ${row} twice`);
    seen.add(row);
  }
  if (seen.size !== count)
    throw invalid('commit.rows', `want each of the ${count} rows of the chunk, got ${seen.size} of them`);
}

/** Of rows with one key the first of the input counts, in whatever order chunks are committed. */
function* resolveKeys(
  generation: number,
  rows: readonly PredictionRow[],
): Steps<{ readonly kept: readonly PredictionRow[]; readonly doubles: readonly RowFailure[]; readonly added: number }> {
  const kept = new Map<string, PredictionRow>();
  const doubles: RowFailure[] = [];
  for (const row of rows) {
    const other = kept.get(row.key);
    const [winner, loser] = other && other.row < row.row ? [other, row] : [row, other];
    kept.set(row.key, winner);
    if (loser) doubles.push(doubleOf(loser, winner.row));
  }
  let added = kept.size;
  for (const { key, row } of yield* rowsOf(generation, [...kept.keys()])) {
    const own = kept.get(key) as PredictionRow;
    added -= 1;
    if (row < own.row) {
      kept.delete(key);
      doubles.push(doubleOf(own, row));
    } else {
      doubles.push(doubleOf({ row, key }, own.row));
    }
  }
  return { kept: [...kept.values()], doubles, added };
}

const doubleOf = ({ row, key }: { readonly row: number; readonly key: string }, firstRow: number): RowFailure => ({
  ...{ row, key },
  code: 'INVALID_ARGUMENT',
  message: `want a key once, got ${quoted(key)} of row ${firstRow} again (DUPLICATE_KEY)`,
});

function* rowsOf(
  generation: number,
  keys: readonly string[],
): Steps<readonly { readonly key: string; readonly row: number }[]> {
  const found: { readonly key: string; readonly row: number }[] = [];
  for (const group of groupsOf(keys)) {
    const places = group.map((_, index) => `$${index + 2}`).join(', ');
    const rows = yield* all(
      `SELECT key, row_number FROM predictions WHERE generation = $1 AND key IN (${places})`,
      ...[generation, ...group],
    );
    found.push(...rows.map((row) => ({ key: String(row['key']), row: Number(row['row_number']) })));
  }
  return found;
}

function* insertRows(nowMs: number, generation: number, rows: readonly PredictionRow[]): Steps<void> {
  for (const group of groupsOf(rows))
    yield* all(
      `INSERT INTO predictions (generation, key, row_number, outputs, input_hash, computed_at)
       VALUES ${tuples(group.length, 6)} ON CONFLICT (generation, key) DO UPDATE SET row_number = excluded.row_number,
         outputs = excluded.outputs, input_hash = excluded.input_hash, computed_at = excluded.computed_at`,
      ...group.flatMap(({ key, row, outputs, inputHash }): Value[] => [
        ...[generation, key, row, outputs, inputHash, nowMs],
      ]),
    );
}

function* insertErrors(batch: string, errors: readonly RowFailure[]): Steps<void> {
  for (const group of groupsOf(errors))
    yield* all(
      `INSERT INTO batch_errors (batch, row_number, key, column_name, code, message)
       VALUES ${tuples(group.length, 6)}`,
      ...group.flatMap(({ row, key, column, code, message }): Value[] => [
        ...[batch, row, key ?? null, column ?? null, code, message],
      ]),
    );
}

function groupsOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / groupRows) }, (_, index) =>
    items.slice(index * groupRows, (index + 1) * groupRows),
  );
}

/** `($1, $2), ($3, $4), ...` */
const tuples = (rows: number, columns: number): string =>
  Array.from({ length: rows }, (_, row) => {
    const places = Array.from({ length: columns }, (_, column) => `$${row * columns + column + 1}`);
    return `(${places.join(', ')})`;
  }).join(', ');
