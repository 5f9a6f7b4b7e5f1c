/** Opens the file of a database: private, in WAL mode, with the tables that this version knows. Runs in the database's thread, which it may block. */
import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errorOf, failuresOf, isBusy, type Kept, newerFailure } from './failures.ts';

/** The longest that SQLite itself waits for a lock; longer waits are a matter of turns, between which reads are answered. */
const lockTryMs = 20;
const pageBytes = 4_096;
/** The pages of larger files are not all looked at before they are opened, which takes minutes where there are gigabytes of them. */
const checkedBytesMax = 32 * 1_048_576;

export interface DatabaseFileOptions {
  /** Its folder is made where there is none. */
  readonly path: string;
  /** How long to wait for other processes that open or change the file. */
  readonly lockWaitMs: number;
  readonly bytesMax: number;
}

/** What a program keeps in the file. */
export interface DatabaseSchema {
  readonly kept: Kept;
  /** Marks a file as ours. */
  readonly applicationId: number;
  /** The tables, as a list of steps: a file's `user_version` says how many of them it has had. Steps are added, never changed. */
  readonly migrations: readonly string[];
}

export function openDatabaseFile(
  { path, lockWaitMs, bytesMax }: DatabaseFileOptions,
  schema: DatabaseSchema,
): DatabaseSync {
  preparePath(path);
  const db = new DatabaseSync(path, { timeout: lockTryMs });
  try {
    // Damage is told as such by whoever reads it, at the start too.
    db.exec('PRAGMA cell_size_check = ON');
    const giveUpAt = performance.now() + lockWaitMs;
    // The first look, the switch to WAL and the migration each need a lock that another process, which starts too, may have.
    patiently(giveUpAt, () => inTransaction(db, 'DEFERRED', () => checkFile(db, path, schema)));
    patiently(giveUpAt, () => db.exec('PRAGMA journal_mode = WAL'));
    db.exec(`
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = ${16 * 1_048_576};
      PRAGMA trusted_schema = OFF;
      PRAGMA max_page_count = ${Math.ceil(bytesMax / pageBytes)};
    `);
    patiently(giveUpAt, () => migrate(db, schema));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Sees to it that the file exists, and that its owner alone may read it. */
function preparePath(path: string): void {
  const own = dirname(path);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  try {
    // Only where there is none: closing a handle of a file that is in use would drop the locks that SQLite holds in this process.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  // SQLite gives its -wal and -shm the mode of the file.
  if (statSync(path).mode & 0o077) chmodSync(path, 0o600);
  // SQLite would open a file that it may only read, and fail later.
  accessSync(own, constants.W_OK | constants.X_OK);
  accessSync(path, constants.R_OK | constants.W_OK);
}

/** Damage of a large file is found here in its schema alone, and elsewhere when it is read. Reads only: whatever is not ours, or damaged, is left as it is. One view: another process may be making the tables. */
function checkFile(db: DatabaseSync, path: string, { kept, applicationId, migrations }: DatabaseSchema): void {
  const found = pragma(db, 'application_id');
  const tables = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'];
  if (found !== applicationId && tables !== 0) throw errorOf(failuresOf(kept).foreign);
  const version = pragma(db, 'user_version');
  if (version > migrations.length) throw errorOf(newerFailure(kept, version, migrations.length));
  if (statSync(path).size > checkedBytesMax) return;
  const problem = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (problem !== 'ok') throw errorOf({ ...failuresOf(kept).corrupt, log: String(problem) });
}

function migrate(db: DatabaseSync, { kept, applicationId, migrations }: DatabaseSchema): void {
  if (pragma(db, 'user_version') === migrations.length) return;
  inTransaction(db, 'IMMEDIATE', () => {
    // Again, now that nobody else can: another process may have been first.
    const version = pragma(db, 'user_version');
    if (version > migrations.length) throw errorOf(newerFailure(kept, version, migrations.length));
    for (const step of migrations.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
  });
}

function inTransaction(db: DatabaseSync, kind: 'DEFERRED' | 'IMMEDIATE', task: () => void): void {
  db.exec(`BEGIN ${kind}`);
  try {
    task();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Tries until no other process is in the way. */
function patiently(giveUpAt: number, task: () => void): void {
  for (;;) {
    try {
      task();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw error;
      // SQLite does not wait where two waiting processes could wait for each other.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lockTryMs);
    }
  }
}

function pragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
