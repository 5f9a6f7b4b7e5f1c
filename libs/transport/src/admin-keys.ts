/** API keys, as the Admin service carries them. */
import { InferError, isPriority, type Priority, priorities } from '@sheaf/inference';
import type { ApiKey, ApiKey__Output } from './generated/sheaf/admin/v1/ApiKey.ts';
import type { CreateKeyRequest, CreateKeyRequest__Output } from './generated/sheaf/admin/v1/CreateKeyRequest.ts';

/** Of a key all but its secrets. Times are milliseconds since the epoch; undefined: never. */
export interface KeyState {
  readonly id: string;
  readonly tenant: string;
  readonly roles: readonly string[];
  readonly models: readonly string[];
  readonly priority: string;
  readonly note: string;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  readonly rotatedAt: number | undefined;
  /** Until when the secret before counts beside the new one. */
  readonly replacedUntil: number | undefined;
  readonly lastUsedAt: number | undefined;
}

/** A key whose secret was just made. */
export interface NewKey {
  readonly key: KeyState;
  /** What its owner sends; shown once. */
  readonly text: string;
}

/** What a key is to be. */
export interface KeyOrder {
  readonly tenant: string;
  /** None: infer. */
  readonly roles: readonly string[];
  /** None: all. */
  readonly models: readonly string[];
  readonly priority: Priority;
  readonly note: string;
  /** Milliseconds from now; undefined: it never ends. */
  readonly expiresInMs: number | undefined;
}

export interface KeyRotation {
  /** Milliseconds in which the secret of now counts on. */
  readonly overlapMs: number;
  /** Milliseconds from now; undefined: as long from now as it had been given before, or never. */
  readonly expiresInMs: number | undefined;
}

export const keyMessage = (key: KeyState): ApiKey => ({
  id: key.id,
  tenant: key.tenant,
  roles: [...key.roles],
  models: [...key.models],
  priority: key.priority,
  note: key.note,
  createdAtMs: key.createdAt,
  expiresAtMs: key.expiresAt ?? 0,
  revokedAtMs: key.revokedAt ?? 0,
  rotatedAtMs: key.rotatedAt ?? 0,
  replacedUntilMs: key.replacedUntil ?? 0,
  lastUsedAtMs: key.lastUsedAt ?? 0,
});

const timeOf = (ms: string): number | undefined => Number(ms) || undefined;

export function keyState(key: ApiKey__Output | null): KeyState {
  if (!key) throw new InferError('INTERNAL', 'the gateway answered without a key');
  const { id, tenant, roles, models, priority, note } = key;
  return {
    id,
    tenant,
    roles,
    models,
    priority,
    note,
    createdAt: Number(key.createdAtMs),
    expiresAt: timeOf(key.expiresAtMs),
    revokedAt: timeOf(key.revokedAtMs),
    rotatedAt: timeOf(key.rotatedAtMs),
    replacedUntil: timeOf(key.replacedUntilMs),
    lastUsedAt: timeOf(key.lastUsedAtMs),
  };
}

export const newKey = ({ key, text }: { readonly key: ApiKey__Output | null; readonly text: string }): NewKey => ({
  key: keyState(key),
  text,
});

export const orderMessage = ({ expiresInMs = 0, roles, models, ...order }: KeyOrder): CreateKeyRequest => ({
  ...order,
  roles: [...roles],
  models: [...models],
  expiresInMs,
});

export function orderOf({ tenant, roles, models, priority, note, expiresInMs }: CreateKeyRequest__Output): KeyOrder {
  const wanted = priority || 'standard';
  if (!isPriority(wanted))
    throw new InferError('INVALID_ARGUMENT', `priority: want ${priorities.join(', ')} or nothing`);
  return { tenant, roles, models, priority: wanted, note, expiresInMs: spanOf('expires_in_ms', expiresInMs) };
}

/** 0 stands for none. */
export function spanOf(field: string, ms: string): number | undefined {
  const span = Number(ms);
  if (span < 0 || !Number.isSafeInteger(span))
    throw new InferError('INVALID_ARGUMENT', `${field}: want milliseconds, 0 or more`);
  return span || undefined;
}
