/** One view of everything, or of what changed after an epoch. */
import { all, type Row, type Steps } from '@sheaf/store';
import type { EntrySnapshot, RegistrySnapshot, VersionState, VersionSummary } from '../registry-store.ts';
import { aliasRecords } from './aliases.ts';
import { epoch } from './change.ts';
import { toEntry } from './entries.ts';
import { rolloutRecords } from './rollouts.ts';

export function* snapshot(after: number): Steps<RegistrySnapshot> {
  const entries = (yield* all('SELECT * FROM registry_entries WHERE epoch > $1 ORDER BY name', after)).map(toEntry);
  const changed = '(SELECT name FROM registry_entries WHERE epoch > $1)';
  const versions = yield* all(
    `SELECT name, version, digest, state, created_at FROM registry_versions
     WHERE state <> 'deleted' AND name IN ${changed} ORDER BY version`,
    after,
  );
  const aliases = yield* aliasRecords(`a.name IN ${changed}`, after);
  const rollouts = yield* rolloutRecords(`r.ended = 0 AND r.name IN ${changed} ORDER BY r.id`, after);
  const versionsOf = Map.groupBy(versions, (row) => String(row['name']));
  const aliasesOf = Map.groupBy(aliases, ({ name }): string => name);
  const rolloutsOf = Map.groupBy(rollouts, ({ name }): string => name);
  return {
    epoch: yield* epoch(),
    entries: entries.map(
      (entry): EntrySnapshot => ({
        ...entry,
        versions: (versionsOf.get(entry.name) ?? []).map(toSummary),
        aliases: aliasesOf.get(entry.name) ?? [],
        rollouts: rolloutsOf.get(entry.name) ?? [],
      }),
    ),
  };
}

const toSummary = (row: Row): VersionSummary => ({
  version: Number(row['version']),
  digest: String(row['digest']),
  state: row['state'] as VersionState,
  createdAtMs: Number(row['created_at']),
});
