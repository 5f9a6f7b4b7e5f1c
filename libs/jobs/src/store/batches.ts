/** Batches, and the chunks that their input is cut into. */

import { all, first, type Row, type Steps } from '@sheaf/store';
import {
  type BatchRecord,
  batchDefaults,
  type ErrorBudget,
  type NewBatch,
  type NewChunk,
  type RowFailure,
} from '../batch.ts';
import type { BatchFilter } from '../batch-store.ts';
import type { LeaseId } from '../lease.ts';
import { invalid, quoted, refused } from '../refusals.ts';
import { advanceBatch, endBatch, insertBatchJob } from './batch-ends.ts';
import { held } from './complete.ts';
import { addGeneration } from './generations.ts';
import { Where } from './jobs.ts';
import { toBatch } from './rows.ts';
import { uuidV7 } from './uuid.ts';

/** One that was removed is there until its jobs have gone, and nobody sees it. */
function* batchRow(id: string): Steps<Row | undefined> {
  return yield* first(`SELECT * FROM batches WHERE id = $1 AND state <> 'removed'`, id);
}

export function* createBatch(
  nowMs: number,
  batch: NewBatch,
): Steps<{ readonly record: BatchRecord; readonly added: boolean }> {
  const { tenant, idempotencyKey, subject, version, collection = subject, spec } = batch;
  const known =
    idempotencyKey === undefined
      ? undefined
      : yield* first('SELECT * FROM batches WHERE tenant = $1 AND idempotency_key = $2', tenant, idempotencyKey);
  if (known) {
    if (known['subject'] !== subject || known['spec'] !== spec)
      throw invalid(
        'batch.idempotencyKey',
        `want another key for another batch, got ${quoted(idempotencyKey ?? '')} of batch ${known['id']} with another ${known['subject'] === subject ? 'spec' : 'subject'}`,
        'IDEMPOTENCY_KEY_REUSED',
      );
    return { record: toBatch(known), added: false };
  }
  const id = uuidV7();
  const generation = yield* addGeneration(nowMs, collection, { subject, version, batch: id });
  const row = (yield* first(
    `INSERT INTO batches (id, tenant, principal, subject, version, collection, number, generation, spec, error_budget,
       priority, attempts_max, idempotency_key, ttl_ms, traceparent, state, created_at, is_cut, row_count, chunk_count,
       chunks_done, rows_done, rows_failed)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'running', $16, 0, 0, 0, 0, 0, 0)
     RETURNING *`,
    ...[id, tenant, JSON.stringify(batch.principal), subject, version, collection],
    ...[Number(generation['number']), Number(generation['place']), spec, JSON.stringify(batch.errorBudget ?? {})],
    ...[batch.priority ?? batchDefaults.priority, batch.attemptsMax ?? batchDefaults.attemptsMax],
    ...[idempotencyKey ?? null, batch.ttlMs ?? batchDefaults.ttlMs, batch.traceparent ?? null, nowMs],
  )) as Row;
  yield* insertBatchJob(nowMs, row, 'cut');
  return { record: toBatch(row), added: true };
}

export function* getBatch(id: string): Steps<BatchRecord | undefined> {
  const row = yield* batchRow(id);
  return row && toBatch(row);
}

export function* listBatches(filter: BatchFilter, before: string, limit: number): Steps<readonly BatchRecord[]> {
  const where = new Where();
  where.equal('tenant', filter.tenant);
  where.equal('subject', filter.subject);
  where.equal('collection', filter.collection);
  where.oneOf('state', filter.states ?? ['running', 'succeeded', 'failed', 'cancelled']);
  where.below('id', before);
  const rows = yield* all(`SELECT * FROM batches ${where.sql} ORDER BY id DESC LIMIT ${limit}`, ...where.values);
  return rows.map(toBatch);
}

export function* addChunks(nowMs: number, lease: LeaseId, chunks: readonly NewChunk[]): Steps<boolean> {
  const job = yield* held(lease);
  if (!job) return false;
  if (job['kind'] !== 'cut') throw invalid('lease', `want one of a job of kind cut, got ${job['kind']}`);
  const id = String(job['batch']);
  const row = (yield* first('SELECT * FROM batches WHERE id = $1', id)) as Row;
  const { progress } = toBatch(row);
  let [chunkCount, rowCount] = [progress.chunks, progress.rows];
  for (const [index, chunk] of chunks.entries()) {
    // A cut that is done once more comes with what is there already.
    if (chunk.chunk < chunkCount) continue;
    if (chunk.chunk !== chunkCount || chunk.firstRow !== rowCount + 1)
      throw invalid(
        `chunks[${index}]`,
        `want chunk ${chunkCount} from row ${rowCount + 1} on, got chunk ${chunk.chunk} from row ${chunk.firstRow} on`,
      );
    yield* insertBatchJob(nowMs, row, 'chunk', chunk);
    chunkCount += 1;
    rowCount += chunk.rows;
  }
  yield* all('UPDATE batches SET chunk_count = $1, row_count = $2 WHERE id = $3', ...[chunkCount, rowCount, id]);
  // What was cut for a batch that has ended meanwhile waits for it to be resumed.
  if (row['state'] !== 'running')
    yield* all(
      `UPDATE jobs SET state = 'cancelled', ended_at = $1, changed = (SELECT changed + 1 FROM work_state)
       WHERE batch = $2 AND state IN ('queued', 'waiting')`,
      ...[nowMs, id],
    );
  return true;
}

export function* lastChunk(id: string): Steps<NewChunk | undefined> {
  const row = yield* first('SELECT * FROM jobs WHERE batch = $1 AND chunk IS NOT NULL ORDER BY chunk DESC LIMIT 1', id);
  if (!row) return undefined;
  const kept = yield* first('SELECT bytes FROM job_payloads WHERE place = $1', Number(row['place']));
  return {
    chunk: Number(row['chunk']),
    firstRow: Number(row['first_row']),
    rows: Number(row['chunk_rows']),
    place: Buffer.from(kept?.['bytes'] as Uint8Array).toString(),
  };
}

export function* cancelBatch(nowMs: number, id: string): Steps<BatchRecord | undefined> {
  yield* endBatch(nowMs, id, 'cancelled');
  return yield* getBatch(id);
}

export function* resumeBatch(
  nowMs: number,
  id: string,
  errorBudget: ErrorBudget | undefined,
): Steps<BatchRecord | undefined> {
  const row = yield* batchRow(id);
  if (!row) return undefined;
  if (row['state'] !== 'failed' && row['state'] !== 'cancelled')
    throw refused('BATCH_STATE', `batch ${id}: want one that failed or was cancelled, got ${row['state']}`);
  const generation = yield* first('SELECT state FROM generations WHERE place = $1', Number(row['generation']));
  if (generation?.['state'] !== 'building')
    throw refused('BATCH_STATE', `batch ${id}: want one whose generation is there, got one whose was dropped`);
  yield* all(
    `UPDATE batches SET state = 'running', error = NULL, ended_at = NULL, remove_at = NULL, error_budget = $1
     WHERE id = $2`,
    ...[errorBudget ? JSON.stringify(errorBudget) : String(row['error_budget']), id],
  );
  yield* all(
    `UPDATE jobs SET state = 'queued', attempt = 0, error = NULL, ended_at = NULL, not_before = $1, token = NULL,
       progress = NULL, changed = (SELECT changed + 1 FROM work_state)
     WHERE batch = $2 AND state IN ('failed', 'cancelled', 'expired')`,
    ...[nowMs, id],
  );
  yield* all(`UPDATE jobs SET cancel_asked = 0 WHERE batch = $1 AND state = 'running'`, id);
  yield* advanceBatch(nowMs, id);
  return yield* getBatch(id);
}

export function* errors(id: string, after: number, limit: number): Steps<readonly RowFailure[]> {
  const rows = yield* all(
    'SELECT * FROM batch_errors WHERE batch = $1 AND row_number > $2 ORDER BY row_number LIMIT $3',
    ...[id, after, limit],
  );
  return rows.map((row) => ({
    row: Number(row['row_number']),
    ...(row['key'] === null ? {} : { key: String(row['key']) }),
    ...(row['column_name'] === null ? {} : { column: String(row['column_name']) }),
    code: String(row['code']),
    message: String(row['message']),
  }));
}

export function* removeBatch(nowMs: number, id: string): Steps<boolean> {
  const row = yield* batchRow(id);
  if (!row) return false;
  if (row['state'] === 'running')
    throw refused('BATCH_STATE', `batch ${id}: want one that has ended, got running; cancel it first`);
  // Its jobs may be many: sweeps remove them.
  yield* all(
    `UPDATE batches SET state = 'removed', idempotency_key = NULL, remove_at = $1 WHERE id = $2`,
    ...[nowMs, id],
  );
  return true;
}
