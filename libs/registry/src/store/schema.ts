/**
 * The tables, as a list of steps: of a database it is kept how many it has had. Steps are added, never changed. They are in the spelling of SQLite; what Postgres
 * spells otherwise is said once, below.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE registry_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- Grows with every change that watchers must see.
    epoch INTEGER NOT NULL,
    -- The time of the last change: no later one is earlier.
    at_ms INTEGER NOT NULL,
    -- The end of the audit chain.
    audit_sequence INTEGER NOT NULL,
    audit_hash TEXT NOT NULL
  ) STRICT;
  INSERT INTO registry_state VALUES (1, 0, 0, 0, '${'0'.repeat(64)}');

  CREATE TABLE registry_entries (
    name TEXT PRIMARY KEY,
    -- In lower case: names that differ in case only are one.
    folded TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    last_version INTEGER NOT NULL,
    frozen INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE registry_versions (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    manifest TEXT NOT NULL,
    parent TEXT,
    created_at INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT NOT NULL,
    trial TEXT,
    PRIMARY KEY (name, version)
  ) STRICT;
  CREATE UNIQUE INDEX registry_versions_digest ON registry_versions (name, digest) WHERE state <> 'deleted';
  CREATE INDEX registry_versions_parent ON registry_versions (parent);

  -- Of versions that are not deleted.
  CREATE TABLE registry_files (
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (sha256, name, version)
  ) STRICT;
  CREATE INDEX registry_files_version ON registry_files (name, version);

  -- By digest, of versions that are not deleted.
  CREATE TABLE registry_pins (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    pinned TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (name, version, pinned, digest)
  ) STRICT;
  CREATE INDEX registry_pins_pinned ON registry_pins (pinned, digest);

  CREATE TABLE registry_signatures (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    place INTEGER NOT NULL,
    bundle TEXT NOT NULL,
    PRIMARY KEY (name, version, place)
  ) STRICT;

  CREATE TABLE registry_aliases (
    name TEXT NOT NULL,
    alias TEXT NOT NULL,
    -- NULL: it was removed, or frozen before it was there.
    version INTEGER,
    epoch INTEGER NOT NULL,
    frozen INTEGER NOT NULL,
    PRIMARY KEY (name, alias)
  ) STRICT;

  CREATE TABLE registry_audit (
    sequence INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX registry_audit_subject ON registry_audit (subject, sequence);

  CREATE TABLE registry_rollouts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    slot TEXT NOT NULL,
    versions TEXT NOT NULL, -- JSON
    spec TEXT NOT NULL, -- JSON
    state TEXT NOT NULL,
    step INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL, -- JSON
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    by_whom TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX registry_rollouts_running ON registry_rollouts (name, slot) WHERE ended = 0;

  CREATE TABLE registry_evidence (
    rollout INTEGER NOT NULL,
    source TEXT NOT NULL,
    value TEXT NOT NULL, -- JSON
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (rollout, source)
  ) STRICT;

  CREATE TABLE registry_leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    fence INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- Of its files, those that no version had before it.
  ALTER TABLE registry_versions ADD COLUMN new_bytes INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX registry_versions_by_whom ON registry_versions (by_whom);
  `,
];

/** Whole numbers of 53 bits, and texts that are compared by their bytes, as SQLite has them. */
export const postgresMigrations: readonly string[] = migrations.map((step) =>
  step.replaceAll('INTEGER', 'BIGINT').replaceAll('TEXT', 'TEXT COLLATE "C"').replaceAll(') STRICT;', ');'),
);
