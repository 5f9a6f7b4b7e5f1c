/** The tables of the state in SQLite. Each change runs inside a transaction that the caller holds. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { isPriority, isRole } from '@sheaf/inference';
import { chain, checkPage } from './audit-chain.ts';
import { keysMax } from './checks.ts';
import { errorOf, failures } from './failures.ts';
import type { ApiKey, AuditHead, ChainedEntry } from './state.ts';
import { chainPageSize, type Tables } from './tables.ts';

type Row = Record<string, SQLOutputValue>;

/** Windows that are forgotten in one transaction, so that it stays short. */
const forgottenMax = 1_000;

export const createSqliteTables = (db: DatabaseSync): Tables => ({
  ...createKeys(db),
  ...createAudit(db),
  ...createQuotas(db),
});

function createKeys(
  db: DatabaseSync,
): Pick<Tables, 'listKeys' | 'keysGeneration' | 'addKey' | 'revokeKey' | 'rotateKey' | 'noteUses'> {
  const generation = db.prepare('SELECT keys_generation AS generation FROM state');
  const list = db.prepare('SELECT keys.*, used_at FROM keys LEFT JOIN key_uses USING (id) ORDER BY place');
  const count = db.prepare('SELECT count(*) AS count FROM keys');
  const add = db.prepare(
    `INSERT INTO keys (id, secret_hash, tenant, roles, models, priority, note, created_at, expires_at, revoked_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  );
  const revoke = db.prepare('UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL');
  // What stands on the right is as it was before.
  const rotate = db.prepare(
    `UPDATE keys SET replaced_hash = secret_hash, replaced_until = ?, secret_hash = ?, rotated_at = ?, expires_at = ?
     WHERE id = ? AND revoked_at IS NULL`,
  );
  const use = db.prepare(
    `INSERT INTO key_uses (id, used_at) SELECT id, :at FROM keys WHERE id = :id
     ON CONFLICT (id) DO UPDATE SET used_at = max(used_at, excluded.used_at)`,
  );
  return {
    listKeys: () => list.all().map(toKey),
    keysGeneration: () => Number(generation.get()?.['generation']),
    addKey: (key) => {
      if (Number(count.get()?.['count']) >= keysMax) throw errorOf(failures.full);
      const { changes } = add.run(
        key.id,
        key.secretHash,
        key.tenant,
        JSON.stringify(key.roles),
        JSON.stringify(key.models),
        key.priority,
        key.note,
        key.createdAt,
        key.expiresAt ?? null,
        key.revokedAt ?? null,
      );
      if (changes === 0) throw errorOf(failures.keyTaken);
    },
    revokeKey: (id, at) => revoke.run(at, id).changes === 1,
    rotateKey: (id, { at, secretHash, expiresAt, replacedUntil }) =>
      rotate.run(replacedUntil, secretHash, at, expiresAt ?? null, id).changes === 1,
    noteUses: (uses) => {
      for (const { id, at } of uses) use.run({ id, at });
    },
  };
}

function createAudit(db: DatabaseSync): Pick<Tables, 'append' | 'entries' | 'checkChain' | 'head'> {
  const readHead = db.prepare('SELECT audit_sequence AS sequence, audit_hash AS hash FROM state');
  const moveHead = db.prepare('UPDATE state SET audit_sequence = ?, audit_hash = ?');
  const add = db.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)');
  const page = db.prepare('SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?');

  const head = (): AuditHead => {
    const { sequence, hash } = readHead.get() ?? {};
    return { sequence: Number(sequence), hash: String(hash) };
  };
  const entries = (after: number, limit: number): ChainedEntry[] => page.all(after, limit).map(toEntry);
  return {
    entries,
    head,
    append: (entry) => {
      const added = chain(head(), entry);
      const { sequence, at, actor, action, subject, detail, hash } = added;
      add.run(sequence, at, actor, action, subject, detail, hash);
      moveHead.run(sequence, hash);
      return added;
    },
    checkChain: (after) => {
      // One view of both: another process may append in between.
      db.exec('BEGIN');
      try {
        return checkPage(after, entries(after.sequence, chainPageSize), chainPageSize, head());
      } finally {
        db.exec('COMMIT');
      }
    },
  };
}

function createQuotas(db: DatabaseSync): Pick<Tables, 'reserve' | 'giveBack' | 'used' | 'forgetWindows'> {
  const reserve = db.prepare(
    `INSERT INTO quotas (key, window, used, granted, touched_at) VALUES (:key, :window, min(:amount, :max), min(:amount, :max), :now)
     ON CONFLICT (key, window) DO UPDATE SET
       granted = max(0, min(:amount, :max - used)), used = used + max(0, min(:amount, :max - used)), touched_at = :now
     RETURNING granted`,
  );
  const giveBack = db.prepare('UPDATE quotas SET used = max(0, used - ?) WHERE key = ? AND window = ?');
  const used = db.prepare('SELECT used FROM quotas WHERE key = ? AND window = ?');
  const forget = db.prepare(
    `DELETE FROM quotas WHERE (key, window) IN (SELECT key, window FROM quotas WHERE touched_at < ? LIMIT ${forgottenMax})`,
  );
  return {
    reserve: (key, window, amount, max, now) => Number(reserve.get({ key, window, amount, max, now })?.['granted']),
    giveBack: (key, window, amount) => void giveBack.run(amount, key, window),
    used: (key, window) => Number(used.get(key, window)?.['used'] ?? 0),
    forgetWindows: (before) => void forget.run(before),
  };
}

const toKey = (row: Row): ApiKey => ({
  id: String(row['id']),
  secretHash: String(row['secret_hash']),
  tenant: String(row['tenant']),
  // A role that this version does not know gives no rights.
  roles: toList(row['roles']).filter(isRole),
  models: toList(row['models']).map(String),
  // Nor one of a priority that it does not know any precedence.
  priority: isPriority(row['priority']) ? row['priority'] : 'sheddable',
  note: String(row['note']),
  createdAt: Number(row['created_at']),
  expiresAt: toTime(row['expires_at']),
  revokedAt: toTime(row['revoked_at']),
  rotatedAt: toTime(row['rotated_at']),
  replaced:
    row['replaced_hash'] === null
      ? undefined
      : { secretHash: String(row['replaced_hash']), until: Number(row['replaced_until']) },
  lastUsedAt: toTime(row['used_at']),
});

const toEntry = (row: Row): ChainedEntry => ({
  sequence: Number(row['sequence']),
  at: Number(row['at']),
  actor: String(row['actor']),
  action: String(row['action']),
  subject: String(row['subject']),
  detail: String(row['detail']),
  hash: String(row['hash']),
});

function toList(json: SQLOutputValue | undefined): readonly unknown[] {
  const list: unknown = JSON.parse(String(json));
  return Array.isArray(list) ? list : [];
}

const toTime = (value: SQLOutputValue | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
