/** The tables, in a spelling that SQLite and Postgres both take but for the words in `Dialect`. Steps are added, never changed. */
export interface Dialect {
  /** A whole number of up to 53 bits. */
  readonly integer: string;
  /** A text that is compared and sorted by its bytes. */
  readonly text: string;
  /** What ends the definition of a table. */
  readonly end: string;
}

export const sqlite: Dialect = { integer: 'INTEGER', text: 'TEXT', end: 'STRICT' };
export const postgres: Dialect = { integer: 'BIGINT', text: 'TEXT COLLATE "C"', end: '' };

export const migrations = ({ integer, text, end }: Dialect): readonly string[] => [
  `
  CREATE TABLE registry_state (
    id ${integer} PRIMARY KEY CHECK (id = 1),
    -- Grows with every change that watchers must see.
    epoch ${integer} NOT NULL,
    -- The time of the last change: no later one is earlier.
    at_ms ${integer} NOT NULL,
    -- The end of the audit chain.
    audit_sequence ${integer} NOT NULL,
    audit_hash ${text} NOT NULL
  ) ${end};
  INSERT INTO registry_state VALUES (1, 0, 0, 0, '${'0'.repeat(64)}');

  CREATE TABLE registry_entries (
    name ${text} PRIMARY KEY,
    -- In lower case: names that differ in case only are one.
    folded ${text} NOT NULL UNIQUE,
    kind ${text} NOT NULL,
    last_version ${integer} NOT NULL,
    frozen ${integer} NOT NULL,
    created_at ${integer} NOT NULL,
    epoch ${integer} NOT NULL
  ) ${end};

  CREATE TABLE registry_versions (
    name ${text} NOT NULL,
    version ${integer} NOT NULL,
    digest ${text} NOT NULL,
    manifest ${text} NOT NULL,
    parent ${text},
    created_at ${integer} NOT NULL,
    by_whom ${text} NOT NULL,
    state ${text} NOT NULL,
    why ${text} NOT NULL,
    trial ${text},
    PRIMARY KEY (name, version)
  ) ${end};
  CREATE UNIQUE INDEX registry_versions_digest ON registry_versions (name, digest) WHERE state <> 'deleted';
  CREATE INDEX registry_versions_parent ON registry_versions (parent);

  -- Of versions that are not deleted.
  CREATE TABLE registry_files (
    sha256 ${text} NOT NULL,
    name ${text} NOT NULL,
    version ${integer} NOT NULL,
    PRIMARY KEY (sha256, name, version)
  ) ${end};
  CREATE INDEX registry_files_version ON registry_files (name, version);

  -- By digest, of versions that are not deleted.
  CREATE TABLE registry_pins (
    name ${text} NOT NULL,
    version ${integer} NOT NULL,
    pinned ${text} NOT NULL,
    digest ${text} NOT NULL,
    PRIMARY KEY (name, version, pinned, digest)
  ) ${end};
  CREATE INDEX registry_pins_pinned ON registry_pins (pinned, digest);

  CREATE TABLE registry_signatures (
    name ${text} NOT NULL,
    version ${integer} NOT NULL,
    place ${integer} NOT NULL,
    bundle ${text} NOT NULL,
    PRIMARY KEY (name, version, place)
  ) ${end};

  CREATE TABLE registry_aliases (
    name ${text} NOT NULL,
    alias ${text} NOT NULL,
    -- NULL: it was removed, or frozen before it was there.
    version ${integer},
    epoch ${integer} NOT NULL,
    frozen ${integer} NOT NULL,
    PRIMARY KEY (name, alias)
  ) ${end};

  CREATE TABLE registry_audit (
    sequence ${integer} PRIMARY KEY,
    at_ms ${integer} NOT NULL,
    actor ${text} NOT NULL,
    action ${text} NOT NULL,
    subject ${text} NOT NULL,
    detail ${text} NOT NULL,
    hash ${text} NOT NULL
  ) ${end};
  CREATE INDEX registry_audit_subject ON registry_audit (subject, sequence);

  CREATE TABLE registry_rollouts (
    id ${integer} PRIMARY KEY,
    name ${text} NOT NULL,
    slot ${text} NOT NULL,
    versions ${text} NOT NULL, -- JSON
    spec ${text} NOT NULL, -- JSON
    state ${text} NOT NULL,
    step ${integer} NOT NULL,
    ended ${integer} NOT NULL,
    epoch ${integer} NOT NULL,
    reason ${text} NOT NULL,
    evidence ${text} NOT NULL, -- JSON
    created_at ${integer} NOT NULL,
    changed_at ${integer} NOT NULL,
    by_whom ${text} NOT NULL
  ) ${end};
  CREATE UNIQUE INDEX registry_rollouts_running ON registry_rollouts (name, slot) WHERE ended = 0;

  CREATE TABLE registry_evidence (
    rollout ${integer} NOT NULL,
    source ${text} NOT NULL,
    value ${text} NOT NULL, -- JSON
    at_ms ${integer} NOT NULL,
    PRIMARY KEY (rollout, source)
  ) ${end};

  CREATE TABLE registry_leases (
    name ${text} PRIMARY KEY,
    holder ${text} NOT NULL,
    fence ${integer} NOT NULL,
    until_ms ${integer} NOT NULL
  ) ${end};
  `,
];
