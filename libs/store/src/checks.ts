/** Checks once what may enter the state, before any store sees it. Types say the rest. */
import { InferError, isPriority, isRole } from '@sheaf/inference';
import type { AuditEntry, KeyUse, NewApiKey, Rotation } from './state.ts';

/** The most entries of the audit log that one question answers. */
export const entriesMax = 1_000;
/** The most keys that are kept, revoked ones too. */
export const keysMax = 100_000;

/** The longest text of each field, in UTF-16 code units. */
const lengthMax = { id: 256, tenant: 256, model: 256, note: 1_024, name: 1_024, detail: 4_096 } as const;
const modelsMax = 256;

/** The most keys whose uses are noted at once. */
const usesMax = 1_000;

export function checkKey(key: NewApiKey): void {
  checkText('id', key.id, lengthMax.id);
  checkHash(key.secretHash);
  checkText('tenant', key.tenant, lengthMax.tenant);
  checkText('note', key.note, lengthMax.note);
  const wrongRole = key.roles.findIndex((role) => !isRole(role));
  if (wrongRole !== -1) throw invalid(`roles[${wrongRole}]`, 'want infer, observe, publish, report or admin');
  if (key.models.length > modelsMax)
    throw invalid('models', `want at most ${modelsMax} patterns, got ${key.models.length}`);
  if (!isPriority(key.priority)) throw invalid('priority', 'want critical, standard or sheddable');
  for (const [index, pattern] of key.models.entries()) checkText(`models[${index}]`, pattern, lengthMax.model);
  checkTime('createdAt', key.createdAt);
  if (key.expiresAt !== undefined) checkTime('expiresAt', key.expiresAt);
  if (key.revokedAt !== undefined) checkTime('revokedAt', key.revokedAt);
}

export function checkRevocation(id: string, at: number): void {
  checkText('id', id, lengthMax.id);
  checkTime('at', at);
}

export function checkRotation(id: string, { at, secretHash, expiresAt, replacedUntil }: Rotation): void {
  checkText('id', id, lengthMax.id);
  checkTime('at', at);
  checkHash(secretHash);
  if (expiresAt !== undefined) checkTime('expiresAt', expiresAt);
  checkTime('replacedUntil', replacedUntil);
}

export function checkUses(uses: readonly KeyUse[]): void {
  if (uses.length > usesMax) throw invalid('uses', `want at most ${usesMax}, got ${uses.length}`);
  for (const [index, { id, at }] of uses.entries()) {
    checkText(`uses[${index}].id`, id, lengthMax.id);
    checkTime(`uses[${index}].at`, at);
  }
}

export function checkEntry({ at, actor, action, subject, detail }: AuditEntry): void {
  checkTime('at', at);
  checkText('actor', actor, lengthMax.name);
  checkText('action', action, lengthMax.name);
  checkText('subject', subject, lengthMax.name);
  checkText('detail', detail, lengthMax.detail);
}

export function checkPageBounds(after: number, limit: number): void {
  if (!Number.isSafeInteger(after) || after < 0) throw invalid('after', `want a sequence, 0 or more, got ${after}`);
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > entriesMax)
    throw invalid('limit', `want 1 to ${entriesMax}, got ${limit}`);
}

export function checkWindow(key: string, window: string): void {
  checkText('key', key, lengthMax.name);
  checkText('window', window, lengthMax.name);
}

export function checkAmount(field: string, amount: number): void {
  // Beyond it numbers stand for their neighbours too, and a count would stop counting.
  if (!(amount >= 0 && amount <= Number.MAX_SAFE_INTEGER))
    throw invalid(field, `want 0 to ${Number.MAX_SAFE_INTEGER}, got ${amount}`);
}

function checkHash(secretHash: string): void {
  // Also keeps a caller from storing the secret itself by mistake.
  if (!/^[0-9a-f]{64}$/.test(secretHash)) throw invalid('secretHash', 'want 64 hex digits in lower case');
}

function checkTime(field: string, ms: number): void {
  if (!Number.isSafeInteger(ms) || ms < 0) throw invalid(field, `want whole milliseconds since the epoch, got ${ms}`);
}

function checkText(field: string, text: string, max: number): void {
  if (text.length > max) throw invalid(field, `want at most ${max} characters, got ${text.length}`);
  // Half a surrogate pair has no UTF-8: it would be stored as something else.
  if (!text.isWellFormed()) throw invalid(field, 'want well-formed Unicode');
}

const invalid = (field: string, description: string): InferError =>
  new InferError('INVALID_ARGUMENT', `${field}: ${description}`, {
    reason: 'STATE_INVALID',
    violations: [{ field, description }],
  });
