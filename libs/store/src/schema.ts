import type { DatabaseSchema } from './database-file.ts';

/** The tables of the state file, as a list of steps: a file's `user_version` says how many of them it has had. Steps are added, never changed. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- Grows with every change of the keys, so that other processes see that, and only that.
    keys_generation INTEGER NOT NULL,
    -- The end of the audit chain.
    audit_sequence INTEGER NOT NULL,
    audit_hash TEXT NOT NULL
  ) STRICT;
  INSERT INTO state VALUES (1, 0, 0, '${'0'.repeat(64)}');

  CREATE TABLE keys (
    place INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL,
    tenant TEXT NOT NULL,
    roles TEXT NOT NULL, -- JSON
    models TEXT NOT NULL, -- JSON
    priority TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
  ) STRICT;
  CREATE TRIGGER key_added AFTER INSERT ON keys BEGIN UPDATE state SET keys_generation = keys_generation + 1; END;
  CREATE TRIGGER key_changed AFTER UPDATE ON keys BEGIN UPDATE state SET keys_generation = keys_generation + 1; END;
  CREATE TRIGGER key_removed AFTER DELETE ON keys BEGIN UPDATE state SET keys_generation = keys_generation + 1; END;

  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  -- Against mistakes. What stands against malice is the chain.
  CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
  CREATE TRIGGER audit_unremoved BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

  CREATE TABLE quotas (
    key TEXT NOT NULL,
    window TEXT NOT NULL,
    used REAL NOT NULL,
    -- What the last reservation took: RETURNING knows new values only.
    granted REAL NOT NULL,
    touched_at INTEGER NOT NULL,
    PRIMARY KEY (key, window)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- A secret that was made anew, and the one before it.
  ALTER TABLE keys ADD COLUMN rotated_at INTEGER;
  ALTER TABLE keys ADD COLUMN replaced_hash TEXT;
  ALTER TABLE keys ADD COLUMN replaced_until INTEGER;
  -- Apart from the keys, since a use is no change of them.
  CREATE TABLE key_uses (
    id TEXT PRIMARY KEY,
    used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/** Marks a file as ours: "shef". */
export const applicationId = 0x73686566;

export const stateSchema: DatabaseSchema = { kept: 'state', applicationId, migrations };
