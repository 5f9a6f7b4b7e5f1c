import { all, first, type Row, type Steps } from '@sheaf/store';
import { batchDefaults } from '../batch.ts';
import { type JobContent, jobDefaults, type NewJob } from '../job.ts';
import { uuidV7 } from './uuid.ts';

/** A job with what only the store itself gives it. */
export interface InsertedJob extends NewJob {
  /** Undefined: nobody looks for it by its content. */
  readonly payloadDigest?: string;
  readonly batch?: string;
  readonly chunk?: { readonly chunk: number; readonly firstRow: number; readonly rows: number };
}

/** Adds a job; answers its row. */
export function* insertJob(nowMs: number, job: InsertedJob): Steps<Row> {
  const { payload, notBefore, chunk } = job;
  const isWaiting = notBefore !== undefined && notBefore > nowMs;
  const row = yield* first(
    `INSERT INTO jobs (id, kind, tenant, principal, subject, version, state, priority, attempt, attempts_max,
       idempotency_key, payload_digest, payload_bytes, payload_blob, not_before, deadline, ttl_ms, traceparent, callback,
       batch, chunk, first_row, chunk_rows, submitted_at, cancel_asked, changed)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 0,
       (SELECT changed + 1 FROM work_state))
     RETURNING *`,
    ...[uuidV7(), job.kind, job.tenant, JSON.stringify(job.principal), job.subject, job.version],
    ...[isWaiting ? 'waiting' : 'queued', job.priority ?? jobDefaults.priority],
    ...[job.attemptsMax ?? jobDefaults.attemptsMax, job.idempotencyKey ?? null, job.payloadDigest ?? ''],
    ...[sizeOf(payload), payload instanceof Uint8Array ? null : payload.sha256],
    ...[notBefore ?? null, job.deadline ?? null, job.ttlMs ?? defaultTtlMs(job)],
    ...[job.traceparent ?? null, job.callback ?? null, job.batch ?? null],
    ...[chunk?.chunk ?? null, chunk?.firstRow ?? null, chunk?.rows ?? null, nowMs],
  );
  if (payload instanceof Uint8Array)
    yield* all('INSERT INTO job_payloads (place, bytes) VALUES ($1, $2)', Number(row?.['place']), payload);
  return row as Row;
}

/** What is a file is as long as it says. */
export const sizeOf = (content: JobContent): number =>
  content instanceof Uint8Array ? content.byteLength : content.bytes;

const defaultTtlMs = ({ batch }: InsertedJob): number => (batch === undefined ? jobDefaults : batchDefaults).ttlMs;
