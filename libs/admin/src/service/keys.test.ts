import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, trustedCaller } from '@sheaf/inference';
import type { ApiKey, State } from '@sheaf/store';
import { allKeys } from '../client/admin-client.ts';
import { createKeyService } from './keys.ts';

const now = 1_700_000_000_000;
const keyOf = (index: number): ApiKey => ({
  id: `k${index}`,
  secretHash: 'f00d',
  tenant: 'acme',
  roles: ['infer'],
  models: ['*'],
  priority: 'standard',
  note: '',
  createdAt: now - 10_000 + index,
  expiresAt: undefined,
  revokedAt: undefined,
  rotatedAt: undefined,
  replaced: undefined,
  lastUsedAt: undefined,
});

/** Keys in memory, and what is said of them to the audit trail. */
function serviceOver(count: number, checkKeysCount = (): void => {}) {
  const keys = Array.from({ length: count }, (_, index) => keyOf(index));
  const said: string[] = [];
  const state = {
    keys: {
      list: async () => keys,
      add: async (key: ApiKey) => void keys.push(key),
      revoke: async () => {},
    },
    audit: {
      append: async ({ actor, action }: { actor: string; action: string }) => void said.push(`${action} by ${actor}`),
    },
  } as unknown as Pick<State, 'keys' | 'audit'>;
  const random = (bytes: number): Uint8Array => new Uint8Array(bytes);
  return {
    said,
    service: createKeyService({ state, now: () => now, random, keyDaysMax: () => undefined, checkKeysCount }),
  };
}
const wanted = { tenant: 'acme', roles: [], models: [], priority: '', note: '', expiresInMs: 0 };

describe('API keys, through the Admin service', () => {
  it('are told page by page, without secrets, and 0 stands for never', async () => {
    const { service } = serviceOver(1_001);
    const { keys } = await service.listKeys({ after: '', limit: 0 }, trustedCaller);
    assert.equal(keys.length, 1_000);
    assert.deepEqual([keys[0]?.expiresAtMs, keys[0]?.createdAtMs], [0, now - 10_000]);
    assert.ok(!JSON.stringify(keys).includes('f00d'));
    const rest = await service.listKeys({ after: 'k999', limit: 0 }, trustedCaller);
    assert.deepEqual(
      rest.keys.map(({ id }) => id),
      ['k1000'],
    );
    const all = await allKeys({ listKeys: (request) => service.listKeys(request, trustedCaller) });
    assert.equal(all.length, 1_001);
  });

  it('refuse a page of no key, and one that is too long', async () => {
    const { service } = serviceOver(1);
    await assert.rejects(
      service.listKeys({ after: 'none', limit: 0 }, trustedCaller),
      /^InferError: after: want the id of a key$/,
    );
    for (const limit of [-1, 1_001])
      await assert.rejects(service.listKeys({ after: '', limit }, trustedCaller), {
        code: 'INVALID_ARGUMENT',
        message: `limit: want 0 to 1000, got ${limit}`,
      });
  });

  it('are made for what is left out with the least, by whoever asks', async () => {
    const { said, service } = serviceOver(0);
    const { key, text } = await service.createKey(wanted, { id: 'key:ops' });
    assert.deepEqual([key?.roles, key?.models, key?.priority, key?.expiresAtMs], [['infer'], ['*'], 'standard', 0]);
    assert.match(text, /^sheaf_/);
    await service.revokeKey({ id: key?.id ?? '' }, trustedCaller);
    assert.deepEqual(said, ['keys.create by key:ops', 'keys.revoke by nobody']);
  });

  it('are not made with what is none, nor where none counts', async () => {
    const { said, service } = serviceOver(0);
    for (const [wrong, message] of [
      [{ tenant: '' }, /^tenant: want /],
      [{ roles: ['root'] }, /^roles: want infer, observe, publish, report, admin$/],
      [{ priority: 'high' }, /^priority: want .* or nothing$/],
      [{ expiresInMs: -1 }, /^expires_in_ms: want milliseconds, 0 or more$/],
    ] as const)
      await assert.rejects(
        service.createKey({ ...wanted, ...wrong, roles: [...('roles' in wrong ? wrong.roles : [])] }, trustedCaller),
        { code: 'INVALID_ARGUMENT', message },
      );
    const keyless = serviceOver(0, () => {
      throw new InferError('FAILED_PRECONDITION', 'keys do not count');
    });
    await assert.rejects(keyless.service.createKey(wanted, trustedCaller), { code: 'FAILED_PRECONDITION' });
    assert.deepEqual([...said, ...keyless.said], []);
  });
});
