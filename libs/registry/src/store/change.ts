/** What every change of the registry does beside itself: an entry of the audit trail, and a new epoch. */
import {
  type AuditEntry,
  type AuditHead,
  all,
  type ChainedEntry,
  chain,
  checkPage,
  first,
  type PageCheck,
  type Row,
  type Steps,
} from '@sheaf/store';
import { notThere } from '../refusals.ts';

/** Entries that one look at the chain reads: some milliseconds, so that whatever else waits is not kept waiting. */
export const chainPageSize = 500;

/** The time of a change: a clock that was set back, or another machine's that is behind, makes no change older than the one before. */
export function* timeOf(nowMs: number): Steps<number> {
  const row = yield* first('SELECT at_ms FROM registry_state');
  return Math.max(nowMs, Number(row?.['at_ms']));
}

export function* auditHead(): Steps<AuditHead> {
  const row = yield* first('SELECT audit_sequence, audit_hash FROM registry_state');
  return { sequence: Number(row?.['audit_sequence']), hash: String(row?.['audit_hash']) };
}

export function* append(entry: AuditEntry): Steps<ChainedEntry> {
  const added = chain(yield* auditHead(), { ...entry, at: yield* timeOf(entry.at) });
  const { sequence, at, actor, action, subject, detail, hash } = added;
  yield* all(
    'INSERT INTO registry_audit (sequence, at_ms, actor, action, subject, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    ...[sequence, at, actor, action, subject, detail, hash],
  );
  yield* all('UPDATE registry_state SET audit_sequence = $1, audit_hash = $2, at_ms = $3', sequence, hash, at);
  return added;
}

/** The registry has another epoch, and the entry has changed in it. */
export function* touch(name: string): Steps<number> {
  yield* all('UPDATE registry_state SET epoch = epoch + 1');
  yield* all('UPDATE registry_entries SET epoch = (SELECT epoch FROM registry_state) WHERE name = $1', name);
  return yield* epoch();
}

export function* epoch(): Steps<number> {
  const row = yield* first('SELECT epoch FROM registry_state');
  return Number(row?.['epoch']);
}

export function* auditEntries(after: number, limit: number): Steps<readonly ChainedEntry[]> {
  const rows = yield* all('SELECT * FROM registry_audit WHERE sequence > $1 ORDER BY sequence LIMIT $2', after, limit);
  return rows.map(toEntry);
}

export function* checkChain(after: AuditHead): Steps<PageCheck> {
  const page = yield* auditEntries(after.sequence, chainPageSize);
  return checkPage(after, page, chainPageSize, yield* auditHead());
}

const toEntry = (row: Row): ChainedEntry => ({
  sequence: Number(row['sequence']),
  at: Number(row['at_ms']),
  actor: String(row['actor']),
  action: String(row['action']),
  subject: String(row['subject']),
  detail: String(row['detail']),
  hash: String(row['hash']),
});

export const unknownEntry = (name: string): Error =>
  notThere(`"${name}": there is no model or pipeline of this name in the registry`, 'ENTRY_NOT_FOUND');

export const unknownVersion = (name: string, version: number | string): Error =>
  notThere(`"${name}" has no version ${version} in the registry`);
