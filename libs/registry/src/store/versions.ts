/** Versions: added, read, quarantined and signed. */
import { all, first, places, type Row, type Steps } from '@sheaf/store';
import { canonicalManifest, digestOf, type EntryKind, type JsonObject, type Manifest } from '../manifest.ts';
import { refused } from '../refusals.ts';
import type { NewVersion, StateChange, VersionPlace, VersionRecord, VersionState } from '../registry-store.ts';
import { append, timeOf, touch, unknownVersion } from './change.ts';
import { entryFor } from './entries.ts';

const signaturesMax = 16;

export function* addVersion(
  nowMs: number,
  { name, manifest, by, state = 'ready', why = '', trial }: NewVersion,
): Steps<{ record: VersionRecord; added: boolean }> {
  const digest = digestOf(manifest);
  const atMs = yield* timeOf(nowMs);
  const entry = yield* entryFor(name, manifest.kind, atMs);
  const there = yield* getVersion(name, digest);
  if (there && there.state !== 'deleted') return { record: there, added: false };
  const version = entry.lastVersion + 1;
  yield* all(
    `INSERT INTO registry_versions (name, version, digest, manifest, parent, created_at, by_whom, state, why, trial, new_bytes)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    ...[name, version, digest, canonicalManifest(manifest), manifest.parent ?? null, atMs, by, state, why],
    ...[trial === undefined ? null : JSON.stringify(trial), yield* newBytes(manifest)],
  );
  for (const sha256 of new Set(manifest.files.map((file) => file.sha256)))
    yield* all('INSERT INTO registry_files (sha256, name, version) VALUES ($1, $2, $3)', sha256, name, version);
  for (const pin of manifest.pins)
    if (pin.digest !== undefined)
      yield* all(
        'INSERT INTO registry_pins (name, version, pinned, digest) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        ...[name, version, pin.name, pin.digest],
      );
  yield* all('UPDATE registry_entries SET last_version = $1 WHERE name = $2', version, name);
  const detail = JSON.stringify({ version, digest, state, why });
  yield* append({ at: atMs, actor: by, action: 'version.add', subject: name, detail });
  yield* touch(name);
  return { record: yield* versionOf(name, version), added: true };
}

/** What its files add to those of all other versions. */
function* newBytes({ files }: Manifest): Steps<number> {
  const sizes = new Map(files.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  let bytes = 0;
  for (const [sha256, sizeBytes] of sizes)
    if (!(yield* first('SELECT 1 AS one FROM registry_files WHERE sha256 = $1 LIMIT 1', sha256))) bytes += sizeBytes;
  return bytes;
}

export function* bytesBy(by: string): Steps<number> {
  const row = yield* first(
    "SELECT coalesce(sum(new_bytes), 0) AS bytes FROM registry_versions WHERE by_whom = $1 AND state <> 'deleted'",
    by,
  );
  return Number(row?.['bytes']);
}

export function* getVersion(name: string, which: number | string): Steps<VersionRecord | undefined> {
  const row =
    typeof which === 'number'
      ? yield* first('SELECT * FROM registry_versions WHERE name = $1 AND version = $2', name, which)
      : // The one that is there, or else the newest: versions of a digest are there one after the other.
        yield* first(
          'SELECT * FROM registry_versions WHERE name = $1 AND digest = $2 ORDER BY version DESC LIMIT 1',
          ...[name, which],
        );
  return row && (yield* toRecord(row));
}

export function* versionOf(name: string, version: number): Steps<VersionRecord> {
  const record = yield* getVersion(name, version);
  if (!record) throw unknownVersion(name, version);
  return record;
}

export function* listVersions(name: string, after: number, limit: number): Steps<readonly VersionRecord[]> {
  const rows = yield* all(
    'SELECT * FROM registry_versions WHERE name = $1 AND version > $2 ORDER BY version LIMIT $3',
    ...[name, after, limit],
  );
  const records: VersionRecord[] = [];
  for (const row of rows) records.push(yield* toRecord(row));
  return records;
}

export function* quarantine(nowMs: number, change: StateChange): Steps<boolean> {
  return yield* changeState(nowMs, change, 'quarantined');
}

export function* release(nowMs: number, change: StateChange): Steps<boolean> {
  return yield* changeState(nowMs, change, 'ready');
}

export function* quarantineFile(
  nowMs: number,
  sha256: string,
  { by, why }: { readonly by: string; readonly why: string },
): Steps<readonly VersionPlace[]> {
  const rows = yield* all(
    `SELECT f.name, f.version FROM registry_files f JOIN registry_versions v ON v.name = f.name AND v.version = f.version
     WHERE f.sha256 = $1 AND v.state = 'ready' ORDER BY f.name, f.version`,
    sha256,
  );
  const found = rows.map((row) => ({ name: String(row['name']), version: Number(row['version']) }));
  for (const place of found) yield* changeState(nowMs, { ...place, by, why }, 'quarantined');
  return found;
}

/** Also of deletions, whose files and pins are no longer needed. */
export function* changeState(
  nowMs: number,
  { name, version, by, why, trial }: StateChange,
  state: VersionState,
): Steps<boolean> {
  const before = yield* versionOf(name, version);
  if (before.state === state) return false;
  if (before.state === 'deleted') throw refused('VERSION_DELETED', `"${name}" version ${version} is deleted`);
  yield* all(
    'UPDATE registry_versions SET state = $1, why = $2, trial = coalesce($3, trial) WHERE name = $4 AND version = $5',
    ...[state, state === 'ready' ? '' : why, trial === undefined ? null : JSON.stringify(trial), name, version],
  );
  if (state === 'deleted') {
    yield* all('DELETE FROM registry_files WHERE name = $1 AND version = $2', name, version);
    yield* all('DELETE FROM registry_pins WHERE name = $1 AND version = $2', name, version);
  }
  const action = { ready: 'version.release', quarantined: 'version.quarantine', deleted: 'version.delete' }[state];
  const detail = JSON.stringify({ version, digest: before.digest, why });
  yield* append({ at: nowMs, actor: by, action, subject: name, detail });
  yield* touch(name);
  return true;
}

export function* addSignature(nowMs: number, { name, version }: VersionPlace, bundle: string, by: string): Steps<void> {
  const { digest, signatures } = yield* versionOf(name, version);
  if (signatures.includes(bundle)) return;
  if (signatures.length >= signaturesMax)
    throw refused('SIGNATURES_FULL', `"${name}" version ${version} has ${signaturesMax} signatures, the most`);
  yield* all(
    'INSERT INTO registry_signatures (name, version, place, bundle) VALUES ($1, $2, $3, $4)',
    ...[name, version, signatures.length + 1, bundle],
  );
  const detail = JSON.stringify({ version, digest });
  yield* append({ at: nowMs, actor: by, action: 'version.sign', subject: name, detail });
  yield* touch(name);
}

export function* filesInUse(sha256s: readonly string[]): Steps<readonly string[]> {
  if (sha256s.length === 0) return [];
  const rows = yield* all(
    `SELECT DISTINCT sha256 FROM registry_files WHERE sha256 IN (${places(sha256s.length)})`,
    ...sha256s,
  );
  return rows.map((row) => String(row['sha256']));
}

export function* entriesWith(sha256s: readonly string[]): Steps<readonly { sha256: string; name: string }[]> {
  if (sha256s.length === 0) return [];
  const rows = yield* all(
    `SELECT DISTINCT sha256, name FROM registry_files WHERE sha256 IN (${places(sha256s.length)})`,
    ...sha256s,
  );
  return rows.map((row) => ({ sha256: String(row['sha256']), name: String(row['name']) }));
}

function* toRecord(row: Row): Steps<VersionRecord> {
  const [name, version, trial] = [String(row['name']), Number(row['version']), row['trial']];
  const bundles = yield* all(
    'SELECT bundle FROM registry_signatures WHERE name = $1 AND version = $2 ORDER BY place',
    ...[name, version],
  );
  const manifest: Manifest = JSON.parse(String(row['manifest']));
  return {
    name,
    kind: manifest.kind as EntryKind,
    version,
    digest: String(row['digest']),
    manifest,
    createdAtMs: Number(row['created_at']),
    by: String(row['by_whom']),
    state: row['state'] as VersionState,
    why: String(row['why']),
    ...(typeof trial === 'string' ? { trial: JSON.parse(trial) as JsonObject } : {}),
    signatures: bundles.map(({ bundle }) => String(bundle)),
  };
}
