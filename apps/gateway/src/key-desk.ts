/** API keys for operators who have no shell on the machine. */
import { randomBytes } from 'node:crypto';
import { createKeyAdministration, type IdentitySpec } from '@sheaf/identity';
import { InferError, isRole, type Role, roles } from '@sheaf/inference';
import { tenantName } from '@sheaf/policies';
import type { State } from '@sheaf/store';
import type { Admin, KeyOrder } from '@sheaf/transport';

export interface KeyDeskPorts {
  readonly state: Pick<State, 'keys' | 'audit'>;
  /** Of the policies that are in force; undefined: there are none. */
  readonly identity: () => IdentitySpec | undefined;
  /** Writes down when keys were last used. */
  readonly flushUses: () => Promise<void>;
}

type KeyDesk = Pick<Admin, 'keys' | 'createKey' | 'rotateKey' | 'revokeKey'>;

export function createKeyDesk({ state, identity, flushUses }: KeyDeskPorts): KeyDesk {
  const administration = createKeyAdministration({
    ...state,
    random: randomBytes,
    now: Date.now,
    daysMax: () => identity()?.keyDaysMax,
  });
  /** Nobody is to believe that a key opens a door that asks for none. */
  const checkCounts = (): void => {
    const spec = identity();
    if (!spec) throw keyless('the folder has no policies.yaml: its door asks nobody for a key');
    if (!spec.keys) throw keyless('policies.yaml: identity.keys is false: API keys do not count');
  };
  return {
    keys: async (after, limit) => {
      await flushUses();
      const all = await administration.list();
      const start = after === '' ? 0 : all.findIndex(({ id }) => id === after) + 1;
      if (after !== '' && start === 0) throw invalid('after: want the id of a key');
      return all.slice(start, start + limit);
    },
    createKey: async (order, actor) => {
      checkCounts();
      return administration.create(keyRequestOf(order), actor);
    },
    rotateKey: async (id, { overlapMs, expiresInMs }, actor) => {
      checkCounts();
      return administration.rotate(id, { overlapMs, expiresInMs: expiresInMs || undefined }, actor);
    },
    revokeKey: (id, actor) => administration.revoke(id, actor),
  };
}

function keyRequestOf({ tenant, roles: asked, models, priority, note, expiresInMs }: KeyOrder) {
  if (!tenantName.pattern.test(tenant)) throw invalid(`tenant: want ${tenantName.expected}`);
  if (!asked.every(isRole)) throw invalid(`roles: want ${roles.join(', ')}`);
  return {
    tenant,
    roles: asked.length > 0 ? [...new Set(asked as Role[])] : (['infer'] as const),
    models: models.length > 0 ? models : ['*'],
    priority,
    note,
    expiresInMs: expiresInMs || undefined,
  };
}

const invalid = (message: string): InferError => new InferError('INVALID_ARGUMENT', message, { reason: 'KEY_INVALID' });
const keyless = (message: string): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: 'KEYS_NOT_ACCEPTED' });
