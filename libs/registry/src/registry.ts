/** A registry: the store and the files, held together. */
import { join } from 'node:path';
import { type Blobs, createBlobs } from './blobs/blobs.ts';
import { parseManifest } from './parse-manifest.ts';
import { refused } from './refusals.ts';
import type { NewVersion, RegistryStore, VersionRecord } from './registry-store.ts';
import { openPostgresStore } from './store/postgres/open-postgres-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from './store/sqlite/open-sqlite-store.ts';

export interface Registry {
  readonly store: RegistryStore;
  readonly blobs: Blobs;
  /**
   * Adds a version whose files were all uploaded, and are what the manifest says: refused (FILES_MISSING, BLOB_CORRUPT) otherwise. A version that is there and was
   * put in quarantine since a file of it was damaged is ready again.
   */
  publish(version: NewVersion): Promise<{ readonly record: VersionRecord; readonly added: boolean }>;
  /** Hashes all files; what is damaged is put in quarantine, and so are the versions that need it. Answers how many files were. */
  scrub(): Promise<number>;
  /** Removes files that no version needs and that are older than `graceMs` (default an hour); answers how many. */
  sweep(graceMs?: number): Promise<number>;
  close(): Promise<void>;
}

export interface RegistryOptions extends SqliteStoreOptions {
  /** `postgres://...`: where all but the files is kept. Default: in SQLite, in the folder. */
  readonly databaseUrl?: string | undefined;
}

/** Who writes to the audit trail what the registry itself does. */
const registryItself = 'registry';
const damaged = 'a file of it is damaged';

/** Opens the registry in `<folder>/.sheaf/registry`, and makes it where there is none. Several processes of one machine may have it open; with a database also of several, if they share the folder. */
export async function openRegistry(folder: string, options: RegistryOptions = {}): Promise<Registry> {
  const { databaseUrl } = options;
  const store = databaseUrl ? await openPostgresStore(databaseUrl, options) : await openSqliteStore(folder, options);
  return createRegistry(folder, store, options);
}

export function createRegistry(folder: string, store: RegistryStore, { now }: RegistryOptions): Registry {
  const blobs = createBlobs(join(folder, '.sheaf', 'registry'), {
    ...(now ? { now } : {}),
    onCorrupt: async (sha256) => {
      await store.quarantineFile(sha256, { by: registryItself, why: damaged });
    },
  });
  const checkFiles = async (sha256s: readonly string[]): Promise<void> => {
    const absent = await blobs.missing(sha256s);
    if (absent.length > 0)
      throw refused('FILES_MISSING', `files: want all of them uploaded, got none with sha256 ${absent[0]}`);
    for (const sha256 of sha256s)
      if (!(await blobs.verify(sha256)))
        throw refused(
          'BLOB_CORRUPT',
          `files: the one with sha256 ${sha256} is damaged in the registry; upload it again`,
        );
  };
  return {
    store,
    blobs,
    publish: async (version) => {
      const manifest = parseManifest(version.manifest);
      await checkFiles([...new Set(manifest.files.map(({ sha256 }) => sha256))]);
      const answer = await store.addVersion({ ...version, manifest });
      const { name, version: number, state, why } = answer.record;
      if (answer.added || state !== 'quarantined' || why !== damaged) return answer;
      await store.release({ name, version: number, by: version.by, why: 'its files were pushed again' });
      return { added: false, record: (await store.getVersion(name, number)) ?? answer.record };
    },
    scrub: async () => {
      let found = 0;
      for await (const sha256s of blobs.list())
        for (const sha256 of sha256s) if (!(await blobs.verify(sha256))) found += 1;
      return found;
    },
    sweep: (graceMs) =>
      blobs.sweep({ inUse: (sha256s) => store.filesInUse(sha256s), ...(graceMs === undefined ? {} : { graceMs }) }),
    close: () => store.close(),
  };
}
