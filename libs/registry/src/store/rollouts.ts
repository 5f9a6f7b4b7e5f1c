/** Rollouts, what was counted for them, and who runs them. */
import { all, first, type Row, type Steps, type Value } from '@sheaf/store';
import type { EntryKind, JsonObject } from '../manifest.ts';
import { notThere, refused } from '../refusals.ts';
import type { EvidenceRecord, Lease, NewRollout, RolloutChange, RolloutRecord } from '../registry-store.ts';
import { append, timeOf, touch } from './change.ts';
import { entryOf } from './entries.ts';
import { versionOf } from './versions.ts';

export function* startRollout(nowMs: number, rollout: NewRollout): Steps<RolloutRecord> {
  const { name, slot, versions, spec, state, step, reason, by, evidence = {} } = rollout;
  yield* entryOf(name);
  for (const version of versions) {
    const target = yield* versionOf(name, version);
    if (target.state !== 'ready') throw refused('VERSION_NOT_READY', `"${name}" version ${version} is ${target.state}`);
  }
  const running = yield* first(
    'SELECT id FROM registry_rollouts WHERE name = $1 AND slot = $2 AND ended = 0',
    ...[name, slot],
  );
  if (running)
    throw refused('ROLLOUT_RUNNING', `"${name}" has rollout ${running['id']} in "${slot}", which has not ended`);
  const atMs = yield* timeOf(nowMs);
  const last = yield* first('SELECT coalesce(max(id), 0) AS id FROM registry_rollouts');
  const id = Number(last?.['id']) + 1;
  yield* all(
    `INSERT INTO registry_rollouts
       (id, name, slot, versions, spec, state, step, ended, epoch, reason, evidence, created_at, changed_at, by_whom)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 1, $8, $9, $10, $10, $11)`,
    ...[id, name, slot, JSON.stringify(versions), JSON.stringify(spec), state, step],
    ...[reason, JSON.stringify(evidence), atMs, by],
  );
  yield* tell(atMs, by, 'rollout.start', { id, name, slot, state, step, reason });
  return yield* rolloutOf(id);
}

export function* changeRollout(nowMs: number, change: RolloutChange): Steps<RolloutRecord> {
  const { id, state, step, ended, reason, evidence, expectedEpoch, by } = change;
  const { name, slot, epoch, ended: over } = yield* rolloutOf(id);
  if (epoch !== expectedEpoch)
    throw refused(
      'ROLLOUT_CHANGED',
      `rollout ${id} has been changed meanwhile: want epoch ${epoch}, got ${expectedEpoch}; nothing was changed`,
    );
  if (over) throw refused('ROLLOUT_ENDED', `rollout ${id} has ended`);
  yield* all(
    `UPDATE registry_rollouts SET state = $1, step = $2, ended = $3, epoch = epoch + 1, reason = $4, evidence = $5, changed_at = $6
     WHERE id = $7`,
    ...[state, step, ended ? 1 : 0, reason, JSON.stringify(evidence), yield* timeOf(nowMs), id],
  );
  yield* tell(nowMs, by, ended ? 'rollout.end' : 'rollout.change', { id, name, slot, state, step, reason });
  return yield* rolloutOf(id);
}

function* tell(
  at: number,
  actor: string,
  action: string,
  { name, ...detail }: Pick<RolloutRecord, 'id' | 'name' | 'slot' | 'state' | 'step' | 'reason'>,
): Steps<void> {
  yield* append({ at, actor, action, subject: name, detail: JSON.stringify(detail) });
  yield* touch(name);
}

export function* getRollout(id: number): Steps<RolloutRecord | undefined> {
  const [rollout] = yield* rolloutRecords('r.id = $1', id);
  return rollout;
}

function* rolloutOf(id: number): Steps<RolloutRecord> {
  const rollout = yield* getRollout(id);
  if (!rollout) throw notThere(`there is no rollout ${id}`, 'ROLLOUT_NOT_FOUND');
  return rollout;
}

export function* listRollouts(
  name: string | undefined,
  running: boolean | undefined,
  limit: number,
): Steps<readonly RolloutRecord[]> {
  return yield* rolloutRecords(
    "($1 = '' OR r.name = $1) AND ($2 = -1 OR r.ended = $2) ORDER BY r.id DESC LIMIT $3",
    ...[name ?? '', running === undefined ? -1 : running ? 0 : 1, limit],
  );
}

export function* rolloutRecords(where: string, ...values: readonly Value[]): Steps<readonly RolloutRecord[]> {
  const rows = yield* all(
    `SELECT r.*, e.kind FROM registry_rollouts r JOIN registry_entries e ON e.name = r.name WHERE ${where}`,
    ...values,
  );
  return rows.map(toRollout);
}

export function* putEvidence(nowMs: number, evidence: readonly Omit<EvidenceRecord, 'atMs'>[]): Steps<void> {
  for (const { rollout, source, value } of evidence)
    yield* all(
      `INSERT INTO registry_evidence (rollout, source, value, at_ms)
       SELECT id, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM registry_rollouts WHERE id = $1
       ON CONFLICT (rollout, source) DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms`,
      ...[rollout, source, JSON.stringify(value), nowMs],
    );
}

export function* listEvidence(rollout: number): Steps<readonly EvidenceRecord[]> {
  const rows = yield* all('SELECT * FROM registry_evidence WHERE rollout = $1 ORDER BY source', rollout);
  return rows.map((row) => ({
    rollout: Number(row['rollout']),
    source: String(row['source']),
    value: toJson(row['value']),
    atMs: Number(row['at_ms']),
  }));
}

export function* takeLease(nowMs: number, name: string, holder: string, ttlMs: number): Steps<Lease> {
  yield* all(
    `INSERT INTO registry_leases (name, holder, fence, until_ms) VALUES ($1, $2, 1, $3)
     ON CONFLICT (name) DO UPDATE SET
       fence = registry_leases.fence + CASE WHEN registry_leases.holder = excluded.holder THEN 0 ELSE 1 END,
       holder = excluded.holder, until_ms = excluded.until_ms
     WHERE registry_leases.holder = excluded.holder OR registry_leases.until_ms <= $4`,
    ...[name, holder, nowMs + ttlMs, nowMs],
  );
  const row = yield* first('SELECT * FROM registry_leases WHERE name = $1', name);
  return {
    name,
    holder: String(row?.['holder']),
    fence: Number(row?.['fence']),
    untilMs: Number(row?.['until_ms']),
  };
}

/** The row stays, so that the next holder's fence is a higher one. */
export function* giveLease(name: string, holder: string): Steps<void> {
  yield* all("UPDATE registry_leases SET until_ms = 0, holder = '' WHERE name = $1 AND holder = $2", name, holder);
}

const toJson = (value: unknown): JsonObject => JSON.parse(String(value)) as JsonObject;

const toRollout = (row: Row): RolloutRecord => ({
  id: Number(row['id']),
  name: String(row['name']),
  kind: row['kind'] as EntryKind,
  slot: String(row['slot']),
  versions: JSON.parse(String(row['versions'])) as readonly number[],
  spec: toJson(row['spec']),
  state: String(row['state']),
  step: Number(row['step']),
  ended: row['ended'] === 1,
  epoch: Number(row['epoch']),
  reason: String(row['reason']),
  evidence: toJson(row['evidence']),
  createdAtMs: Number(row['created_at']),
  changedAtMs: Number(row['changed_at']),
  by: String(row['by_whom']),
});
