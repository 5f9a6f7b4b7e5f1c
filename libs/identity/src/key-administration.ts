/** How API keys are made, renewed and taken back, whoever asks for it: each change has its entry in the audit trail before it is made. */
import { InferError } from '@sheaf/inference';
import type { ApiKey, AuditLog, KeyStore } from '@sheaf/store';
import { createApiKey, createSecret } from './api-key.ts';
import type { Grant } from './credentials.ts';
import { dayMs, endOf, keyDaysMax, madeAt, termProblem } from './key-terms.ts';

/** What a key is to be. */
export interface KeyRequest extends Grant {
  /** Whose it is, for people. */
  readonly note: string;
  /** Milliseconds from now; undefined: it never ends. */
  readonly expiresInMs: number | undefined;
}

/** What of a key may be told: all but its secrets. Times are milliseconds since the epoch. */
export interface ListedKey extends Omit<ApiKey, 'secretHash' | 'replaced'> {
  /** Until when the secret before counts beside the new one; undefined: there is none. */
  readonly replacedUntil: number | undefined;
}

/** A key whose secret was just made. */
export interface MadeKey {
  readonly key: ListedKey;
  /** What is shown to its owner, once. */
  readonly text: string;
}

export interface RotationRequest {
  /** Milliseconds in which the secret of now counts on; 0: it ends at once. */
  readonly overlapMs: number;
  /** Milliseconds from now until the key ends; undefined: as long from now as it had been given before, or never. */
  readonly expiresInMs: number | undefined;
}

export interface KeyAdministrationPorts {
  readonly keys: KeyStore;
  readonly audit: Pick<AuditLog, 'append'>;
  /** Answers that many bytes from a cryptographic source. */
  readonly random: (bytes: number) => Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The most days that a key may count from when its secret is made; undefined: as many as it likes. */
  readonly daysMax: () => number | undefined;
}

/** `actor` is who asks, for the audit trail. What is wrong is an InferError with a sentence. */
export interface KeyAdministration {
  /** The oldest first; each ends when policies let it. */
  list(): Promise<readonly ListedKey[]>;
  create(request: KeyRequest, actor: string): Promise<MadeKey>;
  rotate(id: string, request: RotationRequest, actor: string): Promise<MadeKey>;
  revoke(id: string, actor: string): Promise<ListedKey>;
}

/** The longest that an old secret may count beside a new one. */
export const overlapDaysMax = 90;
const detailCharsMax = 4_096;

export function createKeyAdministration({
  keys,
  audit,
  random,
  now,
  daysMax,
}: KeyAdministrationPorts): KeyAdministration {
  const record = (at: number, actor: string, action: string, subject: string, detail: object): Promise<unknown> =>
    audit.append({ at, actor, action, subject, detail: detailText(detail) });
  const find = async (id: string): Promise<ApiKey> => {
    const key = (await keys.list()).find((one) => one.id === id);
    if (!key) throw new InferError('NOT_FOUND', `there is no key "${printable(id)}"`, { reason: 'KEY_NOT_FOUND' });
    if (key.revokedAt !== undefined) throw over(`key ${id} was revoked on ${dateOf(key.revokedAt)}`);
    return key;
  };
  const told = ({ secretHash: _, replaced, ...key }: ApiKey): ListedKey => ({
    ...key,
    expiresAt: endOf(key, daysMax()),
    replacedUntil: replaced?.until,
  });
  return {
    list: async () => (await keys.list()).toSorted((a, b) => a.createdAt - b.createdAt).map(told),
    create: async ({ note, expiresInMs, ...grant }, actor) => {
      const at = now();
      const expiresAt = expiryOf(expiresInMs, at, daysMax());
      const created = createApiKey(random, grant, note, at, expiresAt);
      const { id, tenant, roles, models, priority } = created.key;
      await record(at, actor, 'keys.create', id, { tenant, roles, models, priority, expiresAt, note });
      await keys.add(created.key);
      return { key: told(created.key), text: created.text };
    },
    rotate: async (id, { overlapMs, expiresInMs }, actor) => {
      if (!(overlapMs >= 0 && overlapMs <= overlapDaysMax * dayMs))
        throw invalid(`overlap: want 0 to ${overlapDaysMax} days`);
      const key = await find(id);
      const at = now();
      const end = endOf(key, daysMax());
      if (end !== undefined && end <= at) throw over(`key ${id} expired on ${dateOf(end)}; want a new one`);
      const span = key.expiresAt === undefined ? undefined : key.expiresAt - madeAt(key);
      const expiresAt = expiryOf(expiresInMs ?? span, at, daysMax());
      const replacedUntil = Math.min(at + overlapMs, end ?? Number.POSITIVE_INFINITY);
      const { secretHash, text } = createSecret(random, id);
      await record(at, actor, 'keys.rotate', id, { tenant: key.tenant, expiresAt, replacedUntil });
      if (!(await keys.rotate(id, { at, secretHash, expiresAt, replacedUntil })))
        throw over(`key ${id} has just been revoked`);
      const replaced = { secretHash: key.secretHash, until: replacedUntil };
      return { key: told({ ...key, secretHash, expiresAt, rotatedAt: at, replaced }), text };
    },
    revoke: async (id, actor) => {
      const key = await find(id);
      const at = now();
      await record(at, actor, 'keys.revoke', id, { tenant: key.tenant });
      await keys.revoke(id, at);
      return told({ ...key, revokedAt: at });
    },
  };
}

const detailText = (detail: object): string => JSON.stringify(detail).slice(0, detailCharsMax).toWellFormed();

/** Throws for an end that nobody may have. */
function expiryOf(inMs: number | undefined, now: number, daysMax: number | undefined): number | undefined {
  if (inMs !== undefined && !(inMs > 0 && inMs <= keyDaysMax * dayMs))
    throw invalid(`expires: want a time to come, within ${keyDaysMax} days`);
  const expiresAt = inMs === undefined ? undefined : Math.ceil(now + inMs);
  const problem = termProblem(expiresAt, now, daysMax);
  if (problem !== undefined) throw invalid(problem);
  return expiresAt;
}

const invalid = (message: string): InferError => new InferError('INVALID_ARGUMENT', message, { reason: 'KEY_INVALID' });
const over = (message: string): InferError => new InferError('FAILED_PRECONDITION', message, { reason: 'KEY_OVER' });

const dateOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
/** Of what somebody typed, enough to know it again. */
const printable = (text: string): string => text.slice(0, 64).replace(/\p{C}/gu, '?');
