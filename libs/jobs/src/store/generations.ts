/** Generations, and the pointer that says which one is served. */
import { all, first, type Row, type Steps } from '@sheaf/store';
import type { CurrentGeneration, GenerationId, GenerationRecord, GenerationState, Promotion } from '../predictions.ts';
import { notThere, quoted, refused } from '../refusals.ts';

const columns = `g.*, (SELECT current FROM collections c WHERE c.collection = g.collection) AS current`;

/** Adds the next one of its collection; answers its row. */
export function* addGeneration(
  nowMs: number,
  collection: string,
  made: { readonly subject: string; readonly version: string; readonly batch: string },
): Steps<Row> {
  const counted = yield* first(
    `INSERT INTO collections (collection, last_number, current, epoch) VALUES ($1, 1, NULL, 0)
     ON CONFLICT (collection) DO UPDATE SET last_number = collections.last_number + 1 RETURNING last_number`,
    collection,
  );
  const row = yield* first(
    `INSERT INTO generations (collection, number, state, subject, version, batch, row_count, created_at, why, report, is_swept)
     VALUES ($1, $2, 'building', $3, $4, $5, 0, $6, '', '', 0) RETURNING *`,
    ...[collection, Number(counted?.['last_number']), made.subject, made.version, made.batch, nowMs],
  );
  return row as Row;
}

export function* promote(nowMs: number, promotion: Promotion): Steps<CurrentGeneration> {
  return yield* movePointer(nowMs, promotion);
}

export function* movePointer(nowMs: number, promotion: Promotion): Steps<CurrentGeneration> {
  const { collection, number, expectedEpoch, by, why, keep } = promotion;
  const row = yield* generationRow(promotion);
  const { epoch } = yield* pointer(collection);
  if (epoch !== expectedEpoch)
    throw refused(
      'GENERATION_MOVED',
      `collection ${quoted(collection)}: another generation has become current meanwhile: want epoch ${epoch}, got ${expectedEpoch}; nothing was changed`,
    );
  if (row['state'] !== 'ready' && row['state'] !== 'held')
    throw refused(
      'GENERATION_STATE',
      `generation ${number} of ${quoted(collection)}: want one that is ready or held, got ${row['state']}`,
    );
  yield* all(`UPDATE generations SET state = 'ready', why = '' WHERE place = $1`, Number(row['place']));
  yield* all(
    'UPDATE collections SET current = $1, epoch = epoch + 1 WHERE collection = $2',
    ...[Number(row['place']), collection],
  );
  yield* all(
    `INSERT INTO generation_moves (collection, epoch, number, at_ms, by_whom, why) VALUES ($1, $2, $3, $4, $5, $6)`,
    ...[collection, epoch + 1, number, nowMs, by, why],
  );
  if (keep !== undefined) yield* dropFormer(collection, keep);
  return { collection, number, epoch: epoch + 1, movedAt: nowMs, by, why };
}

/** Drops what was current, but for the last `keep` of it. */
function* dropFormer(collection: string, keep: number): Steps<void> {
  yield* all(
    `UPDATE generations SET state = 'dropped' WHERE place IN (
       SELECT place FROM generations WHERE collection = $1 AND state = 'ready'
         AND place <> (SELECT current FROM collections WHERE collection = $2)
       ORDER BY number DESC LIMIT 1000000 OFFSET $3)`,
    ...[collection, collection, keep],
  );
}

export function* rollback(
  nowMs: number,
  change: { readonly collection: string; readonly expectedEpoch: number; readonly by: string; readonly why: string },
): Steps<CurrentGeneration> {
  const { collection } = change;
  const { epoch } = yield* pointer(collection);
  if (epoch === 0) throw noFormer(collection);
  const number = yield* servedBefore(collection);
  if (number === undefined) throw noFormer(collection);
  return yield* movePointer(nowMs, { ...change, number });
}

/**
 * The generation that was current before the current one, of those that still have their rows. A move to that one is itself a way back, so to go back again leads
 * further back, and not to and fro.
 */
function* servedBefore(collection: string): Steps<number | undefined> {
  const moves = yield* all(
    `SELECT m.number FROM generation_moves m JOIN generations g ON g.collection = m.collection AND g.number = m.number
     WHERE m.collection = $1 AND g.state = 'ready' ORDER BY m.epoch`,
    collection,
  );
  const line: number[] = [];
  for (const move of moves) {
    const number = Number(move['number']);
    if (line.at(-2) === number) line.pop();
    else if (line.at(-1) !== number) line.push(number);
  }
  return line.at(-2);
}

const noFormer = (collection: string): Error =>
  refused(
    'NO_FORMER_GENERATION',
    `collection ${quoted(collection)}: want a generation that was current before, got none`,
  );

export function* drop(id: GenerationId): Steps<GenerationRecord> {
  const row = yield* generationRow(id);
  const at = `generation ${id.number} of ${quoted(id.collection)}`;
  if (row['place'] === row['current'])
    throw refused('GENERATION_CURRENT', `${at}: want one that is not current; promote another one first`);
  if (row['state'] === 'building') {
    const batch = yield* first('SELECT state FROM batches WHERE id = $1', String(row['batch']));
    if (batch && batch['state'] === 'running')
      throw refused(
        'GENERATION_STATE',
        `${at}: want one that no batch is building; cancel batch ${row['batch']} first`,
      );
  }
  yield* all(`UPDATE generations SET state = 'dropped' WHERE place = $1`, Number(row['place']));
  return toGeneration(yield* generationRow(id));
}

export function* generationRow({ collection, number }: GenerationId): Steps<Row> {
  const row = yield* first(
    `SELECT ${columns} FROM generations g WHERE g.collection = $1 AND g.number = $2`,
    ...[collection, number],
  );
  if (!row) throw notThere('GENERATION_NOT_FOUND', `collection ${quoted(collection)} has no generation ${number}`);
  return row;
}

export function* currentRow(collection: string): Steps<Row | undefined> {
  return yield* first(
    `SELECT g.*, c.current, c.epoch FROM collections c JOIN generations g ON g.place = c.current WHERE c.collection = $1`,
    collection,
  );
}

function* pointer(collection: string): Steps<{ readonly epoch: number }> {
  const row = yield* first('SELECT epoch FROM collections WHERE collection = $1', collection);
  return { epoch: Number(row?.['epoch'] ?? 0) };
}

export function* generation({ collection, number }: GenerationId): Steps<GenerationRecord | undefined> {
  const row = yield* first(
    `SELECT ${columns} FROM generations g WHERE g.collection = $1 AND g.number = $2`,
    ...[collection, number],
  );
  return row && toGeneration(row);
}

export function* generations(collection: string, before: number, limit: number): Steps<readonly GenerationRecord[]> {
  const rows = yield* all(
    `SELECT ${columns} FROM generations g WHERE g.collection = $1 AND g.number < $2 ORDER BY g.number DESC LIMIT $3`,
    ...[collection, before, limit],
  );
  return rows.map(toGeneration);
}

export function* current(collection: string): Steps<CurrentGeneration | undefined> {
  const [last] = yield* history(collection, 1);
  return last;
}

export function* history(collection: string, limit: number): Steps<readonly CurrentGeneration[]> {
  const rows = yield* all(
    'SELECT * FROM generation_moves WHERE collection = $1 ORDER BY epoch DESC LIMIT $2',
    ...[collection, limit],
  );
  return rows.map(toCurrent);
}

export function* collections(): Steps<
  readonly { readonly collection: string; readonly current?: CurrentGeneration | undefined }[]
> {
  const rows = yield* all(
    `SELECT c.collection AS name, m.* FROM collections c
     LEFT JOIN generation_moves m ON m.collection = c.collection AND m.epoch = c.epoch ORDER BY c.collection`,
  );
  return rows.map((row) => ({
    collection: String(row['name']),
    ...(row['epoch'] === null ? {} : { current: toCurrent(row) }),
  }));
}

const toCurrent = (row: Row): CurrentGeneration => ({
  collection: String(row['collection']),
  number: Number(row['number']),
  epoch: Number(row['epoch']),
  movedAt: Number(row['at_ms']),
  by: String(row['by_whom']),
  why: String(row['why']),
});

export const toGeneration = (row: Row): GenerationRecord => ({
  collection: String(row['collection']),
  number: Number(row['number']),
  state: row['state'] as GenerationState,
  subject: String(row['subject']),
  version: String(row['version']),
  batch: String(row['batch']),
  rows: Number(row['row_count']),
  createdAt: Number(row['created_at']),
  ...(row['built_at'] === null ? {} : { builtAt: Number(row['built_at']) }),
  isCurrent: row['place'] === row['current'],
  why: String(row['why']),
  report: String(row['report']),
});
