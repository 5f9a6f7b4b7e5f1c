/** Rows of the tables as what they mean. */
import type { Row } from '@sheaf/store';
import type { BatchRecord, BatchState } from '../batch.ts';
import type { JobContent, JobKind, JobRecord, JobState } from '../job.ts';

/** What to leave out where a column is NULL. */
const text = (value: unknown): string | undefined => (value === null ? undefined : String(value));
const number = (value: unknown): number | undefined => (value === null ? undefined : Number(value));
function json<Value>(value: unknown): Value | undefined {
  return value === null ? undefined : (JSON.parse(String(value)) as Value);
}

/** Without what is undefined, so that records compare and travel as short as they can be. */
const defined = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Value;

export function toJob(row: Row): JobRecord {
  return defined<JobRecord>({
    id: String(row['id']),
    kind: row['kind'] as JobKind,
    tenant: String(row['tenant']),
    principal: JSON.parse(String(row['principal'])),
    subject: String(row['subject']),
    version: String(row['version']),
    state: publicState(row['state']),
    priority: Number(row['priority']),
    attempt: Number(row['attempt']),
    attemptsMax: Number(row['attempts_max']),
    idempotencyKey: text(row['idempotency_key']),
    notBefore: number(row['not_before']),
    deadline: number(row['deadline']),
    ttlMs: Number(row['ttl_ms']),
    traceparent: text(row['traceparent']),
    callback: text(row['callback']),
    callbackJob: text(row['callback_job']),
    submittedAt: Number(row['submitted_at']),
    startedAt: number(row['started_at']),
    endedAt: number(row['ended_at']),
    progress: json(row['progress']),
    error: json(row['error']),
    payloadBytes: Number(row['payload_bytes']),
    resultBytes: number(row['result_bytes']),
    cancelAsked: row['cancel_asked'] === 1,
    batch: text(row['batch']),
    chunk: number(row['chunk']),
  });
}

export const publicState = (state: unknown): JobState => (state === 'waiting' ? 'queued' : (state as JobState));

/** The states of the table that a state is. */
export const storedStates = (states: readonly JobState[]): readonly string[] =>
  states.flatMap((state) => (state === 'queued' ? ['queued', 'waiting'] : [state]));

/** A payload or result: a file where there is one, else bytes. */
export const toContent = (blob: unknown, size: unknown, bytes: unknown): JobContent =>
  blob === null ? (bytes as Uint8Array) : { sha256: String(blob), bytes: Number(size) };

export function toBatch(row: Row): BatchRecord {
  return defined<BatchRecord>({
    id: String(row['id']),
    tenant: String(row['tenant']),
    principal: JSON.parse(String(row['principal'])),
    subject: String(row['subject']),
    version: String(row['version']),
    collection: String(row['collection']),
    generation: Number(row['number']),
    spec: String(row['spec']),
    errorBudget: JSON.parse(String(row['error_budget'])),
    priority: Number(row['priority']),
    attemptsMax: Number(row['attempts_max']),
    idempotencyKey: text(row['idempotency_key']),
    ttlMs: Number(row['ttl_ms']),
    traceparent: text(row['traceparent']),
    state: row['state'] as BatchState,
    createdAt: Number(row['created_at']),
    endedAt: number(row['ended_at']),
    error: json(row['error']),
    progress: {
      isCut: row['is_cut'] === 1,
      rows: Number(row['row_count']),
      chunks: Number(row['chunk_count']),
      chunksDone: Number(row['chunks_done']),
      rowsDone: Number(row['rows_done']),
      rowsFailed: Number(row['rows_failed']),
    },
  });
}
