/** Questions about jobs, and what people do to them. */
import { all, first, places, type Row, type Steps, type Value } from '@sheaf/store';
import { isEnd, type JobContent, type JobKind, type JobRecord } from '../job.ts';
import type { JobChange, JobCount, JobCounts, JobFilter, SubmitLimits } from '../job-store.ts';
import { refused } from '../refusals.ts';
import { payloadOf } from './claim.ts';
import { end } from './complete.ts';
import { publicState, storedStates, toContent, toJob } from './rows.ts';
import { quotaSpent, roomOf } from './submit.ts';

function* jobRow(id: string): Steps<Row | undefined> {
  return yield* first('SELECT * FROM jobs WHERE id = $1', id);
}

export function* getJob(id: string): Steps<JobRecord | undefined> {
  const row = yield* jobRow(id);
  return row && toJob(row);
}

export function* payload(id: string): Steps<JobContent | undefined> {
  const row = yield* jobRow(id);
  return row && (yield* payloadOf(row));
}

export function* result(id: string): Steps<JobContent | undefined> {
  const row = yield* jobRow(id);
  if (!row || row['result_bytes'] === null) return undefined;
  const kept = yield* first('SELECT bytes FROM job_results WHERE place = $1', Number(row['place']));
  return toContent(row['result_blob'], row['result_bytes'], kept?.['bytes']);
}

export function* listJobs(filter: JobFilter, before: string, limit: number): Steps<readonly JobRecord[]> {
  const where = new Where();
  where.equal('tenant', filter.tenant);
  where.equal('subject', filter.subject);
  where.equal('batch', filter.batch);
  where.oneOf('state', filter.states && storedStates(filter.states));
  where.oneOf('kind', filter.kinds);
  where.below('id', before);
  const rows = yield* all(`SELECT * FROM jobs ${where.sql} ORDER BY id DESC LIMIT ${limit}`, ...where.values);
  return rows.map(toJob);
}

/** Conditions that all hold; one that is undefined is none. */
export class Where {
  readonly #conditions: string[] = [];
  readonly values: Value[] = [];

  equal(column: string, value: string | undefined): void {
    if (value === undefined) return;
    this.values.push(value);
    this.#conditions.push(`${column} = $${this.values.length}`);
  }

  below(column: string, value: string): void {
    if (value === '') return;
    this.values.push(value);
    this.#conditions.push(`${column} < $${this.values.length}`);
  }

  oneOf(column: string, values: readonly string[] | undefined): void {
    if (values === undefined) return;
    this.#conditions.push(
      values.length === 0 ? 'false' : `${column} IN (${places(values.length, this.values.length + 1)})`,
    );
    this.values.push(...values);
  }

  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`;
  }
}

export function* cancelJob(nowMs: number, id: string): Steps<JobRecord | undefined> {
  const row = yield* jobRow(id);
  if (!row) return undefined;
  const { state, batch } = toJob(row);
  if (batch !== undefined) throw ofBatch(id, batch, 'cancel');
  if (isEnd(state)) return toJob(row);
  if (state === 'queued') yield* end(nowMs, row, { state: 'cancelled' }, true);
  else
    yield* all(
      'UPDATE jobs SET cancel_asked = 1, changed = (SELECT changed + 1 FROM work_state) WHERE place = $1',
      Number(row['place']),
    );
  return yield* getJob(id);
}

export function* retryJob(
  nowMs: number,
  id: string,
  { queuedPerTenantMax = Number.POSITIVE_INFINITY }: SubmitLimits,
): Steps<JobRecord | undefined> {
  const row = yield* jobRow(id);
  if (!row) return undefined;
  const { kind, tenant, state, batch } = toJob(row);
  if (batch !== undefined) throw ofBatch(id, batch, 'resume');
  if (!isEnd(state) || state === 'succeeded')
    throw refused('JOB_STATE', `job ${id}: want one that failed, was cancelled or expired, got ${state}`);
  if (kind === 'infer' && (yield* roomOf(tenant, queuedPerTenantMax)) <= 0)
    throw quotaSpent(tenant, queuedPerTenantMax);
  yield* all(
    `UPDATE jobs SET state = 'queued', attempt = 0, error = NULL, ended_at = NULL, remove_at = NULL, deadline = NULL,
       not_before = $1, token = NULL, progress = NULL, callback_job = NULL, changed = (SELECT changed + 1 FROM work_state)
     WHERE place = $2`,
    ...[nowMs, Number(row['place'])],
  );
  return yield* getJob(id);
}

export function* removeJob(id: string): Steps<boolean> {
  const row = yield* jobRow(id);
  if (!row) return false;
  const { state, batch } = toJob(row);
  if (batch !== undefined) throw ofBatch(id, batch, 'remove');
  if (!isEnd(state)) throw refused('JOB_STATE', `job ${id}: want one that has ended, got ${state}; cancel it first`);
  yield* all('DELETE FROM jobs WHERE place = $1', Number(row['place']));
  return true;
}

const ofBatch = (id: string, batch: string, verb: string): Error =>
  refused('JOB_OF_BATCH', `job ${id} is part of batch ${batch}: ${verb} that as a whole`);

export function* counts(tenantsMax: number): Steps<JobCounts> {
  const rows = yield* all(
    'SELECT tenant, kind, state, sum(count) AS count FROM job_counts GROUP BY tenant, kind, state',
  );
  const totals = new Map<string, number>();
  for (const row of rows)
    totals.set(String(row['tenant']), (totals.get(String(row['tenant'])) ?? 0) + Number(row['count']));
  const shown = new Set(
    [...totals]
      .sort(([, a], [, b]) => b - a)
      .map(([name]) => name)
      .slice(0, tenantsMax),
  );
  const summed = new Map<string, JobCount>();
  for (const row of rows) {
    const tenant = shown.has(String(row['tenant'])) ? String(row['tenant']) : '';
    const [kind, state] = [row['kind'] as JobKind, publicState(row['state'])];
    const at = JSON.stringify([tenant, kind, state]);
    summed.set(at, { tenant, kind, state, count: (summed.get(at)?.count ?? 0) + Number(row['count']) });
  }
  const oldest = yield* first(
    `SELECT min(j.submitted_at) AS at FROM jobs j WHERE j.place IN (SELECT (SELECT min(place) FROM jobs
       WHERE state = 'queued' AND tenant = c.tenant AND kind = c.kind AND priority = c.priority)
     FROM job_counts c WHERE c.state = 'queued')`,
  );
  return {
    counts: [...summed.values()],
    ...(oldest === undefined || oldest['at'] === null ? {} : { oldestQueuedAt: Number(oldest['at']) }),
  };
}

export function* blobsInUse(sha256s: readonly string[]): Steps<readonly string[]> {
  if (sha256s.length === 0) return [];
  const rows = yield* all(
    `SELECT payload_blob AS sha256 FROM jobs WHERE payload_blob IN (${places(sha256s.length)})
     UNION SELECT result_blob FROM jobs WHERE result_blob IN (${places(sha256s.length, sha256s.length + 1)})`,
    ...[...sha256s, ...sha256s],
  );
  return rows.map((row) => String(row['sha256']));
}

/** Jobs that changed after a number that this answered before. */
export function* changesAfter(after: number): Steps<{ readonly last: number; readonly changes: readonly JobChange[] }> {
  const rows = yield* all(
    'SELECT id, kind, state, tenant, batch, changed FROM jobs WHERE changed > $1 ORDER BY changed',
    after,
  );
  return {
    last: Math.max(after, Number(rows.at(-1)?.['changed'] ?? 0)),
    changes: rows.map((row) => ({
      id: String(row['id']),
      kind: row['kind'] as JobKind,
      state: publicState(row['state']),
      tenant: String(row['tenant']),
      ...(row['batch'] === null ? {} : { batch: String(row['batch']) }),
    })),
  };
}

export function* lastChange(): Steps<number> {
  const row = yield* first('SELECT changed FROM work_state');
  return Number(row?.['changed']);
}
