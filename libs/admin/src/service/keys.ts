/** API keys, for operators: through a gateway, or in the state of a folder itself. */
import { createKeyAdministration, type KeyRequest, type ListedKey, tenantName } from '@sheaf/identity';
import { InferError, isPriority, isRole, priorities, type Role, roles } from '@sheaf/inference';
import type { State } from '@sheaf/store';
import type { AdminService, ApiKey, CreateKeyRequest } from '@sheaf/transport';
import { actorOf, limitOf } from './actor.ts';

export interface KeyServicePorts {
  readonly state: Pick<State, 'keys' | 'audit'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Answers that many bytes from a cryptographic source. */
  readonly random: (bytes: number) => Uint8Array;
  /** The most days that a key may count; undefined: as many as it likes. */
  readonly keyDaysMax: () => number | undefined;
  /** Throws where keys do not count, before one is made. Default: they do. */
  readonly checkKeysCount?: () => void;
  /** Writes down when keys were last used, before that is told. Default: it is written down. */
  readonly flushKeyUses?: () => Promise<void>;
}

export type KeyService = Pick<AdminService, 'listKeys' | 'createKey' | 'rotateKey' | 'revokeKey'>;

/** The same as one caller has them: through a gateway, or of a folder itself. */
export type KeyCalls = {
  readonly [Name in keyof KeyService]: (request: Parameters<KeyService[Name]>[0]) => ReturnType<KeyService[Name]>;
};

export function createKeyService(ports: KeyServicePorts): KeyService {
  const { state, now, random, keyDaysMax, checkKeysCount = () => {}, flushKeyUses = async () => {} } = ports;
  const administration = createKeyAdministration({ ...state, random, now, daysMax: keyDaysMax });
  return {
    listKeys: async ({ after, limit }) => {
      const count = limitOf(limit);
      await flushKeyUses();
      const all = await administration.list();
      const start = after === '' ? 0 : all.findIndex(({ id }) => id === after) + 1;
      if (after !== '' && start === 0) throw invalid('after: want the id of a key');
      return { keys: all.slice(start, start + count).map(keyMessage) };
    },
    createKey: async (request, principal) => {
      checkKeysCount();
      const { key, text } = await administration.create(keyRequestOf(request), actorOf(principal));
      return { key: keyMessage(key), text };
    },
    rotateKey: async ({ id, overlapMs, expiresInMs }, principal) => {
      checkKeysCount();
      const rotation = {
        overlapMs: spanOf('overlap_ms', overlapMs) ?? 0,
        expiresInMs: spanOf('expires_in_ms', expiresInMs),
      };
      const { key, text } = await administration.rotate(id, rotation, actorOf(principal));
      return { key: keyMessage(key), text };
    },
    revokeKey: async ({ id }, principal) => ({ key: keyMessage(await administration.revoke(id, actorOf(principal))) }),
  };
}

/** Tells all of a key but its secrets; 0 stands for never. */
const keyMessage = (key: ListedKey): ApiKey => ({
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

function keyRequestOf({ tenant, roles: asked, models, priority, note, expiresInMs }: CreateKeyRequest): KeyRequest {
  const wanted = priority || 'standard';
  if (!isPriority(wanted))
    throw new InferError('INVALID_ARGUMENT', `priority: want ${priorities.join(', ')} or nothing`);
  const span = spanOf('expires_in_ms', expiresInMs);
  if (!tenantName.pattern.test(tenant)) throw invalid(`tenant: want ${tenantName.expected}`);
  if (!asked.every(isRole)) throw invalid(`roles: want ${roles.join(', ')}`);
  return {
    tenant,
    roles: asked.length > 0 ? [...new Set(asked as Role[])] : ['infer'],
    models: models.length > 0 ? models : ['*'],
    priority: wanted,
    note,
    expiresInMs: span,
  };
}

/** 0 stands for none. */
function spanOf(field: string, ms: number): number | undefined {
  if (ms >= 0 && Number.isSafeInteger(ms)) return ms || undefined;
  throw new InferError('INVALID_ARGUMENT', `${field}: want milliseconds, 0 or more`);
}

const invalid = (message: string): InferError => new InferError('INVALID_ARGUMENT', message, { reason: 'KEY_INVALID' });
