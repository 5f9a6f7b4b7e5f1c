import { hash } from 'node:crypto';
import { InferError } from '@sheaf/inference';
import { first, type Row, type Steps } from '@sheaf/store';
import type { JobContent, NewJob } from '../job.ts';
import type { SubmitLimits, Submitted } from '../job-store.ts';
import { invalid, quoted } from '../refusals.ts';
import { insertJob } from './insert-job.ts';
import { toJob } from './rows.ts';

export function* submit(
  nowMs: number,
  jobs: readonly NewJob[],
  { queuedPerTenantMax = Number.POSITIVE_INFINITY }: SubmitLimits,
): Steps<readonly Submitted[]> {
  const submitted: Submitted[] = [];
  const room = new Map<string, number>();
  for (const [index, job] of jobs.entries()) {
    const payloadDigest = digestOf(job.payload);
    const known = yield* sameJob(job);
    if (known) {
      checkSame(`jobs[${index}]`, job, payloadDigest, known);
      submitted.push({ record: toJob(known), added: false });
      continue;
    }
    if (job.kind === 'infer') {
      const left = room.get(job.tenant) ?? (yield* roomOf(job.tenant, queuedPerTenantMax));
      if (left <= 0) throw quotaSpent(job.tenant, queuedPerTenantMax);
      room.set(job.tenant, left - 1);
    }
    submitted.push({ record: toJob(yield* insertJob(nowMs, { ...job, payloadDigest })), added: true });
  }
  return submitted;
}

function* sameJob({ tenant, idempotencyKey }: NewJob): Steps<Row | undefined> {
  if (idempotencyKey === undefined) return undefined;
  return yield* first('SELECT * FROM jobs WHERE tenant = $1 AND idempotency_key = $2', tenant, idempotencyKey);
}

/** The version is not compared: it may have been pinned to another one meanwhile, and whoever asks again wants the answer to what they asked first. */
function checkSame(at: string, job: NewJob, payloadDigest: string, known: Row): void {
  const differs = [
    ...(known['kind'] === job.kind ? [] : ['kind']),
    ...(known['subject'] === job.subject ? [] : ['subject']),
    ...(known['payload_digest'] === payloadDigest ? [] : ['payload']),
  ];
  if (differs.length > 0)
    throw invalid(
      `${at}.idempotencyKey`,
      `want another key for another job, got ${quoted(job.idempotencyKey ?? '')} of job ${known['id']} with another ${differs.join(' and ')}`,
      'IDEMPOTENCY_KEY_REUSED',
    );
}

const digestOf = (payload: JobContent): string =>
  payload instanceof Uint8Array ? hash('sha256', payload, 'hex') : payload.sha256;

/** How many more jobs of a tenant may wait. Its chunks and call-backs do not count: they follow from what was taken already. */
export function* roomOf(tenant: string, queuedPerTenantMax: number): Steps<number> {
  const row = yield* first(
    `SELECT coalesce(sum(count), 0) AS count FROM job_counts
     WHERE tenant = $1 AND kind = 'infer' AND state IN ('queued', 'waiting')`,
    tenant,
  );
  return queuedPerTenantMax - Number(row?.['count']);
}

export const quotaSpent = (tenant: string, max: number): InferError =>
  InferError.withoutStack(
    'RESOURCE_EXHAUSTED',
    `tenant ${quoted(tenant)}: want at most ${max} jobs that wait; nothing was queued, try again when some have begun`,
    {
      reason: 'JOBS_QUOTA',
      about: {
        kind: 'quota',
        subject: `tenant:${tenant}`,
        metric: 'jobs',
        id: 'queued-per-tenant',
        dimensions: {},
        value: max,
      },
    },
  );
