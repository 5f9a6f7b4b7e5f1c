/** Keys, entries and texts for the tests, and a look at refusals. */
import assert from 'node:assert/strict';
import { InferError, type InferErrorCode } from '@sheaf/inference';
import type { ApiKey, AuditEntry, State } from '../state.ts';

export const aKey = (id: string, changes: Partial<ApiKey> = {}): ApiKey => ({
  id,
  secretHash: 'a1'.repeat(32),
  tenant: 'acme',
  roles: ['infer'],
  models: ['digits', 'post*'],
  priority: 'standard',
  note: 'the kiosk in the hall',
  createdAt: 1_000,
  expiresAt: undefined,
  revokedAt: undefined,
  rotatedAt: undefined,
  replaced: undefined,
  lastUsedAt: undefined,
  ...changes,
});

export const anEntry = (subject: string): AuditEntry => ({
  at: 1_000,
  actor: 'key:ops',
  action: 'keys.create',
  subject,
  detail: 'created',
});

/** Matches an InferError whose sentence tells nothing of ours. */
export const refusal = (code: InferErrorCode, reason: string) => (error: unknown) => {
  assert.ok(error instanceof InferError);
  assert.deepEqual([error.code, error.reason], [code, reason]);
  assert.doesNotMatch(error.message, /\/|SELECT|INSERT|sqlite|undefined/i);
  return true;
};

/** Texts that something between the caller and the disk might take for more than text. */
export const hostileTexts = [
  '__proto__',
  'constructor',
  `'; DROP TABLE keys; --`,
  `"quoted" 'twice' \`thrice\``,
  '𝄞 and 😀, four bytes each',
  'before\0after',
  '\0',
  '',
  ' padded \r\n',
  '\u2028\ufeff\ufffd',
  '%s ?1 :key $1 {}',
];

/** A test of a state of its own, which is closed after it. */
export type WithState = (test: (state: State, clock: { now: number }) => Promise<void>) => () => Promise<void>;
