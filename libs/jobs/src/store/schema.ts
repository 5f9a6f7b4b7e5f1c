/** The tables, as a list of steps: a file's `user_version` says how many of them it has had. Steps are added, never changed. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE work_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- Grows with every change of a job, so that whoever watches can ask for what came after.
    changed INTEGER NOT NULL,
    -- Grows with every claim, so that tenants take turns.
    served INTEGER NOT NULL
  ) STRICT;
  INSERT INTO work_state VALUES (1, 0, 0);

  CREATE TABLE jobs (
    -- In the order of their submission.
    place INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    tenant TEXT NOT NULL,
    principal TEXT NOT NULL, -- JSON
    subject TEXT NOT NULL,
    version TEXT NOT NULL,
    -- "queued" is what may begin now; what may not yet is "waiting", which to others is "queued" too.
    state TEXT NOT NULL,
    priority INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    attempts_max INTEGER NOT NULL,
    idempotency_key TEXT,
    payload_digest TEXT NOT NULL,
    payload_bytes INTEGER NOT NULL,
    payload_blob TEXT, -- the SHA-256 of a file
    result_bytes INTEGER,
    result_blob TEXT,
    not_before INTEGER,
    deadline INTEGER,
    ttl_ms INTEGER NOT NULL,
    traceparent TEXT,
    callback TEXT,
    callback_job TEXT,
    batch TEXT,
    chunk INTEGER,
    first_row INTEGER,
    chunk_rows INTEGER,
    submitted_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    remove_at INTEGER,
    progress TEXT, -- JSON
    error TEXT, -- JSON
    cancel_asked INTEGER NOT NULL,
    worker TEXT,
    -- Of the last lease; it stays after an end that its holder has committed.
    token TEXT,
    lease_ms INTEGER,
    lease_ends INTEGER,
    changed INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX jobs_key ON jobs (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE UNIQUE INDEX jobs_chunk ON jobs (batch, chunk) WHERE chunk IS NOT NULL;
  CREATE INDEX jobs_batch ON jobs (batch, state) WHERE batch IS NOT NULL;
  CREATE INDEX jobs_ready ON jobs (tenant, kind, priority, place) WHERE state = 'queued';
  CREATE INDEX jobs_waiting ON jobs (not_before) WHERE state = 'waiting';
  CREATE INDEX jobs_leased ON jobs (lease_ends) WHERE state = 'running';
  CREATE INDEX jobs_deadline ON jobs (deadline) WHERE deadline IS NOT NULL AND ended_at IS NULL;
  CREATE INDEX jobs_remove ON jobs (remove_at) WHERE remove_at IS NOT NULL;
  CREATE INDEX jobs_payload_blob ON jobs (payload_blob) WHERE payload_blob IS NOT NULL;
  CREATE INDEX jobs_result_blob ON jobs (result_blob) WHERE result_blob IS NOT NULL;
  CREATE INDEX jobs_tenant ON jobs (tenant, id);
  CREATE INDEX jobs_state ON jobs (state, id);
  CREATE INDEX jobs_changed ON jobs (changed);

  -- Apart from the jobs, so that whoever looks at many reads none of it.
  CREATE TABLE job_payloads (place INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE job_results (place INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

  -- How many jobs there are, kept by triggers, so that nobody counts them.
  CREATE TABLE job_counts (
    tenant TEXT NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    priority INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (tenant, state, kind, priority)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX job_counts_state ON job_counts (state, priority);
  CREATE TABLE job_tenants (tenant TEXT PRIMARY KEY, served INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TRIGGER job_added AFTER INSERT ON jobs BEGIN
    UPDATE work_state SET changed = new.changed;
    INSERT INTO job_counts VALUES (new.tenant, new.state, new.kind, new.priority, 1)
      ON CONFLICT DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER job_changed AFTER UPDATE OF changed ON jobs BEGIN
    UPDATE work_state SET changed = new.changed;
  END;
  CREATE TRIGGER job_moved AFTER UPDATE OF state ON jobs WHEN new.state <> old.state BEGIN
    UPDATE job_counts SET count = count - 1
      WHERE tenant = old.tenant AND state = old.state AND kind = old.kind AND priority = old.priority;
    DELETE FROM job_counts
      WHERE tenant = old.tenant AND state = old.state AND kind = old.kind AND priority = old.priority AND count = 0;
    INSERT INTO job_counts VALUES (new.tenant, new.state, new.kind, new.priority, 1)
      ON CONFLICT DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER job_removed AFTER DELETE ON jobs BEGIN
    DELETE FROM job_payloads WHERE place = old.place;
    DELETE FROM job_results WHERE place = old.place;
    UPDATE job_counts SET count = count - 1
      WHERE tenant = old.tenant AND state = old.state AND kind = old.kind AND priority = old.priority;
    DELETE FROM job_counts
      WHERE tenant = old.tenant AND state = old.state AND kind = old.kind AND priority = old.priority AND count = 0;
  END;

  CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    principal TEXT NOT NULL, -- JSON
    subject TEXT NOT NULL,
    version TEXT NOT NULL,
    collection TEXT NOT NULL,
    number INTEGER NOT NULL,
    -- The place of its generation.
    generation INTEGER NOT NULL,
    spec TEXT NOT NULL, -- JSON
    error_budget TEXT NOT NULL, -- JSON
    priority INTEGER NOT NULL,
    attempts_max INTEGER NOT NULL,
    idempotency_key TEXT,
    ttl_ms INTEGER NOT NULL,
    traceparent TEXT,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    remove_at INTEGER,
    error TEXT, -- JSON
    is_cut INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    chunk_count INTEGER NOT NULL,
    chunks_done INTEGER NOT NULL,
    rows_done INTEGER NOT NULL,
    rows_failed INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX batches_key ON batches (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX batches_tenant ON batches (tenant, id);
  CREATE INDEX batches_remove ON batches (remove_at) WHERE remove_at IS NOT NULL;

  CREATE TABLE batch_errors (
    batch TEXT NOT NULL,
    row_number INTEGER NOT NULL,
    key TEXT,
    column_name TEXT,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (batch, row_number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE collections (
    collection TEXT PRIMARY KEY,
    last_number INTEGER NOT NULL,
    -- The place of a generation; NULL: none is current.
    current INTEGER,
    epoch INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE generations (
    place INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    subject TEXT NOT NULL,
    version TEXT NOT NULL,
    batch TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    built_at INTEGER,
    why TEXT NOT NULL,
    report TEXT NOT NULL, -- JSON
    -- Rows of a dropped one that are still to be removed.
    is_swept INTEGER NOT NULL,
    UNIQUE (collection, number)
  ) STRICT;
  CREATE INDEX generations_unswept ON generations (place) WHERE is_swept = 0 AND state = 'dropped';

  CREATE TABLE generation_moves (
    collection TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (collection, epoch)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE predictions (
    generation INTEGER NOT NULL,
    key TEXT NOT NULL,
    row_number INTEGER NOT NULL,
    outputs BLOB NOT NULL,
    input_hash BLOB NOT NULL,
    computed_at INTEGER NOT NULL,
    PRIMARY KEY (generation, key)
  ) STRICT, WITHOUT ROWID;
  `,
];
