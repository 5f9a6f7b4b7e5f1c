/** A registry: the store and the files, held together. */
import { join } from 'node:path';
import { InferError, log } from '@sheaf/inference';
import { type Blobs, createBlobs } from './blobs/blobs.ts';
import { parseManifest } from './parse-manifest.ts';
import { refused } from './refusals.ts';
import type { NewVersion, RegistryStore, VersionRecord } from './registry-store.ts';
import { openPostgresStore } from './store/postgres/open-postgres-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from './store/sqlite/open-sqlite-store.ts';
import { tend, tendEveryMs } from './tending.ts';

export interface Registry {
  readonly store: RegistryStore;
  readonly blobs: Blobs;
  /**
   * Adds a version whose files were all uploaded, and are what the manifest says: refused (FILES_MISSING, BLOB_CORRUPT) otherwise. A version that is there and was
   * put in quarantine since a file of it was damaged is ready again.
   */
  publish(version: NewVersion): Promise<{ readonly record: VersionRecord; readonly added: boolean }>;
  /** Hashes all files and looks for those of all versions; what is damaged is put in quarantine, and so are versions whose files are damaged or gone. Answers how many files were. */
  scrub(): Promise<number>;
  /** Removes files that no version needs and that are older than `graceMs` (default an hour); answers how many. */
  sweep(graceMs?: number): Promise<number>;
  close(): Promise<void>;
}

export interface RegistryOptions extends SqliteStoreOptions {
  /** `postgres://...`: where all but the files is kept. Default: in SQLite, in the folder. */
  readonly databaseUrl?: string | undefined;
  /** How often to look whether files have to be swept or looked through, in milliseconds. Default a quarter of an hour. */
  readonly tendMs?: number;
}

/** Who writes to the audit trail what the registry itself does. */
const registryItself = 'registry';
const damaged = 'a file of it is damaged or gone';

/** Opens the registry in `<folder>/.sheaf/registry`, and makes it where there is none. Several processes of one machine may have it open; with a database also of several, if they share the folder. */
export async function openRegistry(folder: string, options: RegistryOptions = {}): Promise<Registry> {
  const { databaseUrl } = options;
  const store = databaseUrl ? await openPostgresStore(databaseUrl, options) : await openSqliteStore(folder, options);
  return createRegistry(folder, store, options);
}

function createRegistry(
  folder: string,
  store: RegistryStore,
  { now, tendMs = tendEveryMs }: RegistryOptions,
): Registry {
  const onCorrupt = async (sha256: string): Promise<void> => {
    const found = await store.quarantineFile(sha256, { by: registryItself, why: damaged });
    const versions = found.map(({ name, version }) => `${name}/${version}`).join(', ');
    log('registry.damaged', `the file ${sha256} of ${versions || 'no version'} is damaged or gone`, {
      sha256,
      versions,
    });
  };
  const blobs = createBlobs(join(folder, '.sheaf', 'registry'), {
    ...(now ? { now } : {}),
    onCorrupt,
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
  const registry: Omit<Registry, 'close'> = {
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
    scrub: () => scrub({ store, blobs, onCorrupt }),
    sweep: (graceMs) =>
      blobs.sweep({ inUse: (sha256s) => store.filesInUse(sha256s), ...(graceMs === undefined ? {} : { graceMs }) }),
  };
  const timer = setInterval(() => void tend(registry), tendMs);
  return {
    ...registry,
    close: () => {
      clearInterval(timer);
      return store.close();
    },
  };
}

interface Scrubbed extends Pick<Registry, 'store' | 'blobs'> {
  readonly onCorrupt: (sha256: string) => Promise<void>;
}

async function scrub({ store, blobs, onCorrupt }: Scrubbed): Promise<number> {
  let found = 0;
  for await (const sha256s of blobs.list()) for (const sha256 of sha256s) if (!(await blobs.verify(sha256))) found += 1;
  for await (const { manifest } of readyVersions(store))
    for (const sha256 of await blobs.missing(manifest.files.map((file) => file.sha256))) {
      // A sweep may have had it in its hands for a moment, so it is asked for as a reader does.
      if (await isThere(blobs, sha256)) continue;
      await onCorrupt(sha256);
      found += 1;
    }
  return found;
}

async function* readyVersions(store: RegistryStore): AsyncIterable<VersionRecord> {
  for (const { name } of (await store.snapshot()).entries)
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: readonly VersionRecord[] = await store.listVersions(name, { after });
      yield* page.filter(({ state }) => state === 'ready');
      after = page.at(-1)?.version;
    }
}

const isThere = (blobs: Blobs, sha256: string): Promise<boolean> =>
  blobs.verify(sha256).catch((error) => {
    if (error instanceof InferError && error.code === 'NOT_FOUND') return false;
    throw error;
  });
