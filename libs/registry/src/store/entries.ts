/** Entries: names with a kind. */
import { all, first, type Row, type Steps } from '@sheaf/store';
import type { EntryKind } from '../manifest.ts';
import { refused } from '../refusals.ts';
import type { EntryRecord } from '../registry-store.ts';
import { unknownEntry } from './change.ts';

export function* getEntry(name: string): Steps<EntryRecord | undefined> {
  const row = yield* first('SELECT * FROM registry_entries WHERE name = $1', name);
  return row && toEntry(row);
}

export function* entryOf(name: string): Steps<EntryRecord> {
  const entry = yield* getEntry(name);
  if (!entry) throw unknownEntry(name);
  return entry;
}

export function* listEntries(after: string, limit: number): Steps<readonly EntryRecord[]> {
  const rows = yield* all('SELECT * FROM registry_entries WHERE name > $1 ORDER BY name LIMIT $2', after, limit);
  return rows.map(toEntry);
}

/** The entry, which is made where there is none. On disks and in the heads of people names that differ in case only are one, so the second is refused. */
export function* entryFor(name: string, kind: EntryKind, atMs: number): Steps<EntryRecord> {
  const folded = name.toLowerCase();
  const row = yield* first('SELECT * FROM registry_entries WHERE folded = $1', folded);
  if (!row) {
    yield* all(
      `INSERT INTO registry_entries (name, folded, kind, last_version, frozen, created_at, epoch)
       VALUES ($1, $2, $3, 0, 0, $4, 0)`,
      ...[name, folded, kind, atMs],
    );
    return { name, kind, lastVersion: 0, frozen: false, createdAtMs: atMs, epoch: 0 };
  }
  const entry = toEntry(row);
  if (entry.name !== name)
    throw refused('NAME_TAKEN', `name: "${name}" differs only in case from "${entry.name}", which is there already`);
  if (entry.kind !== kind)
    throw refused('KIND_DIFFERS', `kind: "${name}" is a ${entry.kind} in the registry, got a ${kind}`);
  return entry;
}

export const toEntry = (row: Row): EntryRecord => ({
  name: String(row['name']),
  kind: row['kind'] as EntryKind,
  lastVersion: Number(row['last_version']),
  frozen: row['frozen'] === 1,
  createdAtMs: Number(row['created_at']),
  epoch: Number(row['epoch']),
});
