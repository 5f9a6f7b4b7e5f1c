/** Versions that go, one or by policy, and what is in the way of it. */

import { all, first, type Steps } from '@sheaf/store';
import { refused } from '../refusals.ts';
import type { RetentionPolicy, StateChange } from '../registry-store.ts';
import { versionsToDelete } from '../retention.ts';
import { entryOf } from './entries.ts';
import { changeState, versionOf } from './versions.ts';

export function* deleteVersion(nowMs: number, change: StateChange): Steps<boolean> {
  const { name, version } = change;
  const { digest, state } = yield* versionOf(name, version);
  if (state === 'deleted') return false;
  const alias = yield* first('SELECT alias FROM registry_aliases WHERE name = $1 AND version = $2', name, version);
  const pin = yield* first('SELECT name, version FROM registry_pins WHERE pinned = $1 AND digest = $2', name, digest);
  const child = yield* first(
    "SELECT name, version FROM registry_versions WHERE parent = $1 AND state <> 'deleted'",
    digest,
  );
  const rollout = (yield* versionsInRollouts(name)).has(version);
  const reason =
    (alias && `alias "${alias['alias']}" leads to it`) ??
    (pin && `pipeline "${pin['name']}" version ${pin['version']} pins it`) ??
    (child && `"${child['name']}" version ${child['version']} was made from it`) ??
    (rollout ? 'a rollout that has not ended is about it' : undefined);
  if (reason !== undefined) throw refused('VERSION_IN_USE', `"${name}" version ${version} is needed: ${reason}`);
  return yield* changeState(nowMs, change, 'deleted');
}

export function* deleteByPolicy(
  nowMs: number,
  name: string,
  policy: RetentionPolicy,
  { by, why, dryRun = false }: { readonly by: string; readonly why: string; readonly dryRun?: boolean },
): Steps<readonly number[]> {
  yield* entryOf(name);
  const rows = yield* all(
    "SELECT version, digest, parent, created_at FROM registry_versions WHERE name = $1 AND state <> 'deleted'",
    name,
  );
  const versions = rows.map((row) => ({
    version: Number(row['version']),
    digest: String(row['digest']),
    parent: row['parent'] === null ? undefined : String(row['parent']),
    createdAtMs: Number(row['created_at']),
  }));
  const going = versionsToDelete(versions, yield* needed(name), policy);
  if (!dryRun) for (const version of going) yield* changeState(nowMs, { name, version, by, why }, 'deleted');
  return going;
}

/** Versions of an entry that something leads to. */
function* needed(name: string): Steps<Set<number>> {
  const found = yield* all(
    `SELECT version FROM registry_aliases WHERE name = $1 AND version IS NOT NULL
     UNION SELECT v.version FROM registry_versions v JOIN registry_pins p ON p.pinned = v.name AND p.digest = v.digest WHERE v.name = $1
     UNION SELECT v.version FROM registry_versions v JOIN registry_versions c ON c.parent = v.digest
       WHERE v.name = $1 AND c.name <> v.name AND c.state <> 'deleted'`,
    name,
  );
  const champions = yield* all(
    "SELECT detail FROM registry_audit WHERE subject = $1 AND action = 'alias.move'",
    `${name}/champion`,
  );
  const promoted = champions.map(({ detail }) => (JSON.parse(String(detail)) as { readonly to: number | null }).to);
  return new Set([
    ...found.map(({ version }) => Number(version)),
    ...promoted.filter((version) => version !== null),
    ...(yield* versionsInRollouts(name)),
  ]);
}

function* versionsInRollouts(name: string): Steps<ReadonlySet<number>> {
  const rows = yield* all('SELECT versions FROM registry_rollouts WHERE name = $1 AND ended = 0', name);
  return new Set(rows.flatMap(({ versions }) => JSON.parse(String(versions)) as readonly number[]));
}
