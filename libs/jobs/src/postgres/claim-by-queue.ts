import { stepsOnPostgres } from '@sheaf/store';
import type { ClientBase } from 'pg';
import type { ClaimRequest } from '../job-store.ts';
import type { Lease } from '../lease.ts';
import { claimJob, type JobLane, makeReady, share } from '../store/claim.ts';
import { queuedIn } from './follow-tables.ts';
import type { Queue } from './queue.ts';

export interface ClaimOn {
  readonly client: ClientBase;
  readonly queue: Queue;
  readonly nowMs: number;
  /** Brings the queue up to what the transaction has changed so far. */
  readonly follow: () => Promise<unknown>;
}

/** Who gets which job: how many of each tenant, kind and priority is decided by our tables, as in SQLite; which of them, by the queue. */
export async function claimByQueue(on: ClaimOn, request: ClaimRequest): Promise<readonly Lease[]> {
  const { client, nowMs } = on;
  await stepsOnPostgres(makeReady(nowMs, request.count), client);
  await on.follow();
  const picked = await stepsOnPostgres(share(request), client);
  const ids = new Map<JobLane, string[]>();
  for (const [lane, turns] of Map.groupBy(picked, (one) => one)) ids.set(lane, await take(on, lane, turns.length));
  const leases: Lease[] = [];
  for (const lane of picked) {
    const id = ids.get(lane)?.shift();
    const lease = id === undefined ? undefined : await stepsOnPostgres(claimJob(nowMs, request, id), client);
    if (lease) leases.push(lease);
  }
  return leases;
}

/** Where the queue has fewer than the tables say, as one does that was made anew, it is told of them again. */
async function take({ client, queue }: ClaimOn, lane: JobLane, count: number): Promise<string[]> {
  const ids = await queue.take(client, lane, lane.priority, count);
  if (ids.length === count) return [...ids];
  await queue.follow(client, await queuedIn(client, lane, ids));
  return [...ids, ...(await queue.take(client, lane, lane.priority, count - ids.length))];
}
