/** Who gets which job. */
import { randomHex } from '@sheaf/inference';
import { all, first, places, type Question, type Row, type Steps } from '@sheaf/store';
import { type JobKind, jobKinds } from '../job.ts';
import type { ClaimRequest } from '../job-store.ts';
import type { Lease } from '../lease.ts';
import { toBatch, toContent, toJob } from './rows.ts';
import { endLate, endLeases } from './sweep-leases.ts';

/** Of which one claim ends so many; sweeps end the rest. */
const lateMax = 1_000;

/** Jobs of one tenant, kind and priority that may begin, in the order of their submission. */
export interface JobLane {
  readonly tenant: string;
  readonly kind: JobKind;
  readonly priority: number;
  readonly oldest: number;
  left: number;
}

/** Lets wait what may begin now. */
export function* makeReady(nowMs: number, count: number): Steps<void> {
  // What is late is begun by nobody, and what a worker that died has left is taken over as soon as somebody looks for work.
  yield* endLate(nowMs, lateMax);
  yield* endLeases(nowMs, count);
  yield* all(
    `UPDATE jobs SET state = 'queued', changed = (SELECT changed + 1 FROM work_state)
     WHERE state = 'waiting' AND not_before <= $1`,
    nowMs,
  );
}

export function* claim(nowMs: number, request: ClaimRequest): Steps<readonly Lease[]> {
  yield* makeReady(nowMs, request.count);
  const leases: Lease[] = [];
  const batches = new Map<string, Lease['batch']>();
  for (const { tenant, kind, priority } of yield* share(request)) {
    const lease = yield* begin(nowMs, request, batches, {
      sql: `place = (SELECT place FROM jobs WHERE state = 'queued' AND tenant = $6 AND kind = $7 AND priority = $8
        ORDER BY place LIMIT 1)`,
      values: [tenant, kind, priority],
    });
    if (lease) leases.push(lease);
  }
  return leases;
}

/** Leases a job that somebody else has chosen; undefined: it does not wait. */
export function* claimJob(nowMs: number, request: ClaimRequest, id: string): Steps<Lease | undefined> {
  return yield* begin(nowMs, request, new Map(), { sql: `id = $6 AND state = 'queued'`, values: [id] });
}

/** From which lane each job is taken, one after the other. */
export function* share({ kinds = jobKinds, count }: ClaimRequest): Steps<readonly JobLane[]> {
  const rows = yield* all(
    `SELECT tenant, kind, priority, count, (SELECT min(place) FROM jobs WHERE state = 'queued'
       AND tenant = c.tenant AND kind = c.kind AND priority = c.priority) AS oldest FROM job_counts c
     WHERE state = 'queued' AND kind IN (${places(kinds.length)}) ORDER BY priority DESC`,
    ...kinds,
  );
  const lanes = rows.map(
    (row): JobLane => ({
      tenant: String(row['tenant']),
      kind: row['kind'] as JobKind,
      priority: Number(row['priority']),
      oldest: Number(row['oldest']),
      left: Number(row['count']),
    }),
  );
  const tenants = yield* tenantsOf(new Set(lanes.map(({ tenant }) => tenant)));
  const picked: JobLane[] = [];
  let turn = Number.MAX_SAFE_INTEGER / 2;
  while (picked.length < count) {
    const best = pick(lanes, tenants);
    if (!best) break;
    const tenant = tenants.get(best.tenant) as Tenant;
    tenant.running += 1;
    tenant.served = turn++;
    best.left -= 1;
    picked.push(best);
  }
  return picked;
}

interface Tenant {
  running: number;
  /** When it was served last, by a count of all claims. */
  served: number;
}

function pick(lanes: readonly JobLane[], tenants: ReadonlyMap<string, Tenant>): JobLane | undefined {
  let best: JobLane | undefined;
  for (const lane of lanes) {
    if (lane.left === 0) continue;
    if (!best || order(lane, best, tenants) < 0) best = lane;
  }
  return best;
}

function order(a: JobLane, b: JobLane, tenants: ReadonlyMap<string, Tenant>): number {
  const [ofA, ofB] = [tenants.get(a.tenant), tenants.get(b.tenant)];
  return (
    b.priority - a.priority ||
    (ofA?.running ?? 0) - (ofB?.running ?? 0) ||
    (ofA?.served ?? 0) - (ofB?.served ?? 0) ||
    // Of one tenant, what ends a batch comes before what begins another one.
    (a.tenant === b.tenant ? jobKinds.indexOf(b.kind) - jobKinds.indexOf(a.kind) : a.oldest - b.oldest)
  );
}

function* tenantsOf(names: ReadonlySet<string>): Steps<ReadonlyMap<string, Tenant>> {
  const tenants = new Map([...names].map((name): [string, Tenant] => [name, { running: 0, served: 0 }]));
  const running = yield* all(
    `SELECT tenant, sum(count) AS count FROM job_counts WHERE state = 'running' GROUP BY tenant`,
  );
  for (const row of running) {
    const tenant = tenants.get(String(row['tenant']));
    if (tenant) tenant.running = Number(row['count']);
  }
  for (const [name, tenant] of tenants) {
    const row = yield* first('SELECT served FROM job_tenants WHERE tenant = $1', name);
    tenant.served = Number(row?.['served'] ?? 0);
  }
  return tenants;
}

function* serve(tenant: string): Steps<void> {
  yield* all('UPDATE work_state SET served = served + 1');
  yield* all(
    `INSERT INTO job_tenants (tenant, served) SELECT $1, served FROM work_state WHERE true
     ON CONFLICT (tenant) DO UPDATE SET served = excluded.served`,
    tenant,
  );
}

/** The job that `which` finds is in somebody's hands from now on. */
function* begin(
  nowMs: number,
  { worker, leaseMs }: ClaimRequest,
  batches: Map<string, Lease['batch']>,
  which: Question,
): Steps<Lease | undefined> {
  const row = yield* first(
    `UPDATE jobs SET state = 'running', attempt = attempt + 1, started_at = $1, worker = $2, token = $3, lease_ms = $4,
       lease_ends = $5, progress = NULL, changed = (SELECT changed + 1 FROM work_state)
     WHERE ${which.sql} RETURNING *`,
    ...[nowMs, worker, randomHex(16), leaseMs, nowMs + leaseMs, ...which.values],
  );
  if (!row) return undefined;
  yield* serve(String(row['tenant']));
  return yield* toLease(row, batches);
}

function* toLease(row: Row, batches: Map<string, Lease['batch']>): Steps<Lease> {
  const job = toJob(row);
  if (job.batch !== undefined && !batches.has(job.batch)) {
    const found = yield* first('SELECT * FROM batches WHERE id = $1', job.batch);
    batches.set(job.batch, found && toBatch(found));
  }
  const batch = job.batch === undefined ? undefined : batches.get(job.batch);
  return {
    jobId: job.id,
    token: String(row['token']),
    job,
    payload: yield* payloadOf(row),
    endsAt: Number(row['lease_ends']),
    ...(batch ? { batch } : {}),
  };
}

export function* payloadOf(row: Row): Steps<Lease['payload']> {
  const kept = yield* first('SELECT bytes FROM job_payloads WHERE place = $1', Number(row['place']));
  return toContent(row['payload_blob'], row['payload_bytes'], kept?.['bytes']);
}
