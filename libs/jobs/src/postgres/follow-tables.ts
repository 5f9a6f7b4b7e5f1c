import type { ClientBase } from 'pg';
import type { JobKind } from '../job.ts';
import { publicState } from '../store/rows.ts';
import type { Lane, Queue, Queued } from './queue.ts';

const columns = 'id, kind, tenant, state, priority, not_before, changed';
/** What the queue has lost of one lane comes back by so many at a time. */
const againMax = 1_000;

/** Tells the queue of every job that this transaction has changed since `after`; answers the number of the last change. */
export async function followTables(client: ClientBase, queue: Queue, after: number): Promise<number> {
  const { rows } = await client.query(`SELECT ${columns} FROM jobs WHERE changed > $1 ORDER BY changed, place`, [
    after,
  ]);
  await queue.follow(client, rows.map(toQueued));
  return Number(rows.at(-1)?.changed ?? after);
}

/** Jobs that wait in a lane, but those that were just handed out. */
export async function queuedIn(
  client: ClientBase,
  lane: Lane & { readonly priority: number },
  but: readonly string[],
): Promise<readonly Queued[]> {
  const { rows } = await client.query(
    `SELECT ${columns} FROM jobs WHERE state = 'queued' AND tenant = $1 AND kind = $2 AND priority = $3 AND id <> ALL($4)
     ORDER BY place LIMIT ${againMax}`,
    [lane.tenant, lane.kind, lane.priority, but],
  );
  return rows.map(toQueued);
}

const toQueued = (row: Readonly<Record<string, unknown>>): Queued => ({
  id: String(row['id']),
  kind: row['kind'] as JobKind,
  tenant: String(row['tenant']),
  state: publicState(row['state']),
  priority: Number(row['priority']),
  notBefore: row['not_before'] === null ? undefined : Number(row['not_before']),
});
