/** Aliases: moved by compare-and-set, frozen, and where they led. The history is read from the audit trail, so that it is as good as its chain. */
import { all, first, type Row, type Steps, type Value } from '@sheaf/store';
import type { EntryKind } from '../manifest.ts';
import { refused } from '../refusals.ts';
import type { AliasChange, AliasMove, AliasRecord, Freeze, VersionRecord } from '../registry-store.ts';
import { successorProblem } from '../successor.ts';
import { append, touch } from './change.ts';
import { entryOf } from './entries.ts';
import { getVersion, versionOf } from './versions.ts';

const moved = 'alias.move';
/** What the audit trail calls it: neither part has a `/`. */
const subjectOf = (name: string, alias: string): string => `${name}/${alias}`;

export function* moveAlias(nowMs: number, change: AliasChange): Steps<AliasMove> {
  const { name, alias, to, expectedEpoch, by, why, evidence = '', force = false } = change;
  const entry = yield* entryOf(name);
  const there = yield* first(
    'SELECT version, epoch, frozen FROM registry_aliases WHERE name = $1 AND alias = $2',
    ...[name, alias],
  );
  const epoch = Number(there?.['epoch'] ?? 0);
  const from = there && there['version'] !== null ? Number(there['version']) : undefined;
  if (epoch !== expectedEpoch)
    throw refused(
      'ALIAS_MOVED',
      `alias "${alias}" of "${name}" has been moved meanwhile: want epoch ${epoch}, got ${expectedEpoch}; nothing was changed`,
    );
  if (entry.frozen || there?.['frozen'] === 1)
    throw refused('ALIAS_FROZEN', `alias "${alias}" of "${name}" is frozen; nothing was changed`);
  if (to !== undefined) yield* checkTarget(name, from, to, force);
  yield* all(
    `INSERT INTO registry_aliases (name, alias, version, epoch, frozen) VALUES ($1, $2, $3, $4, 0)
     ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version, epoch = excluded.epoch`,
    ...[name, alias, to ?? null, epoch + 1],
  );
  const move = { from: from ?? null, to: to ?? null, epoch: epoch + 1, why, evidence, force };
  const subject = subjectOf(name, alias);
  const { at } = yield* append({ at: nowMs, actor: by, action: moved, subject, detail: JSON.stringify(move) });
  yield* touch(name);
  return { ...{ name, alias, from, to, by, why, evidence, force }, epoch: epoch + 1, atMs: at };
}

function* checkTarget(name: string, from: number | undefined, to: number, force: boolean): Steps<void> {
  const target = yield* versionOf(name, to);
  if (target.state !== 'ready')
    throw refused(
      'VERSION_NOT_READY',
      `"${name}" version ${to} is ${target.state}: ${target.why || 'no reason given'}`,
    );
  if (force || from === undefined) return;
  const problem = successorProblem(name, yield* versionOf(name, from), target);
  if (problem !== undefined) throw refused('SIGNATURE_DIFFERS', `${problem}; force moves all the same`);
}

export function* aliasesOf(name: string): Steps<readonly AliasRecord[]> {
  return yield* aliasRecords('a.name = $1', name);
}

export function* aliasRecords(where: string, ...values: readonly Value[]): Steps<readonly AliasRecord[]> {
  const rows = yield* all(
    `SELECT a.*, v.digest, e.kind, e.frozen AS all_frozen FROM registry_aliases a
     JOIN registry_versions v ON v.name = a.name AND v.version = a.version
     JOIN registry_entries e ON e.name = a.name
     WHERE ${where} ORDER BY a.name, a.alias`,
    ...values,
  );
  return rows.map((row) => ({
    name: String(row['name']),
    kind: row['kind'] as EntryKind,
    alias: String(row['alias']),
    version: Number(row['version']),
    digest: String(row['digest']),
    epoch: Number(row['epoch']),
    frozen: row['frozen'] === 1 || row['all_frozen'] === 1,
  }));
}

export function* aliasEpoch(name: string, alias: string): Steps<number> {
  const row = yield* first('SELECT epoch FROM registry_aliases WHERE name = $1 AND alias = $2', name, alias);
  return Number(row?.['epoch'] ?? 0);
}

export function* aliasAt(name: string, alias: string, atMs: number): Steps<VersionRecord | undefined> {
  const row = yield* first(
    `SELECT * FROM registry_audit WHERE subject = $1 AND action = '${moved}' AND at_ms <= $2
     ORDER BY sequence DESC LIMIT 1`,
    ...[subjectOf(name, alias), atMs],
  );
  const to = row && toMove(row).to;
  return to === undefined ? undefined : yield* getVersion(name, to);
}

export function* history(
  name: string,
  alias: string | undefined,
  beforeSequence: number,
  limit: number,
): Steps<readonly (AliasMove & { readonly sequence: number })[]> {
  // All that begins with the name and a slash: "0" comes after "/".
  const [from, until] =
    alias === undefined ? [`${name}/`, `${name}0`] : [subjectOf(name, alias), `${subjectOf(name, alias)}\x01`];
  const rows = yield* all(
    `SELECT * FROM registry_audit WHERE subject >= $1 AND subject < $2 AND action = '${moved}' AND sequence < $3
     ORDER BY sequence DESC LIMIT $4`,
    ...[from, until, beforeSequence, limit],
  );
  return rows.map((row) => ({ ...toMove(row), sequence: Number(row['sequence']) }));
}

export function* setFrozen(nowMs: number, { name, alias, frozen, by, why }: Freeze): Steps<void> {
  yield* entryOf(name);
  const [flag, action] = [frozen ? 1 : 0, frozen ? 'freeze' : 'unfreeze'];
  if (alias === undefined) {
    yield* all('UPDATE registry_entries SET frozen = $1 WHERE name = $2', flag, name);
  } else {
    yield* all(
      `INSERT INTO registry_aliases (name, alias, version, epoch, frozen) VALUES ($1, $2, NULL, 0, $3)
       ON CONFLICT (name, alias) DO UPDATE SET frozen = excluded.frozen`,
      ...[name, alias, flag],
    );
  }
  const subject = alias === undefined ? name : subjectOf(name, alias);
  yield* append({ at: nowMs, actor: by, action, subject, detail: JSON.stringify({ why }) });
  yield* touch(name);
}

function toMove(row: Row): AliasMove {
  const [name = '', alias = ''] = String(row['subject']).split('/');
  const { from, to, epoch, why, evidence, force } = JSON.parse(String(row['detail'])) as {
    readonly from: number | null;
    readonly to: number | null;
    readonly epoch: number;
    readonly why: string;
    readonly evidence: string;
    readonly force: boolean;
  };
  const [by, atMs] = [String(row['actor']), Number(row['at_ms'])];
  return { ...{ name, alias, epoch, atMs, by, why, evidence, force }, from: from ?? undefined, to: to ?? undefined };
}
