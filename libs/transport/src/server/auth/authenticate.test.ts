import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Principal } from '@sheaf/inference';
import { fakeCall } from '../../testing/fake-call.ts';
import { type AuthRequest, authenticate } from './authenticate.ts';

const alice: Principal = {
  id: 'key:a',
  tenant: 'acme',
  roles: ['infer'],
  models: ['*'],
  priority: 'standard',
  claims: {},
};

describe('who asks to come in', () => {
  it('is known at once where that can be told at once', async () => {
    const { call } = fakeCall();
    assert.equal(
      authenticate(() => alice, call),
      alice,
    );
    assert.equal(await authenticate(async () => alice, call), alice);
    assert.equal(call.facts.principal, alice);
  });

  it('is not believed in what only a gateway may say, nor in another tenant', () => {
    const { call } = fakeCall({ 'x-sheaf-epoch': '1', 'x-gw-tenant': 'b', 'x-tenant': 'acme', 'x-channel': 'phone' });
    let asked: AuthRequest | undefined;
    void authenticate((request) => {
      asked = request;
      return alice;
    }, call);
    const seen = (keys: readonly string[], metadata: (key: string) => string | undefined) => keys.map(metadata);
    const keys = ['x-sheaf-epoch', 'x-gw-tenant', 'x-tenant', 'x-channel'];
    assert.deepEqual(seen(keys, asked?.metadata ?? (() => '')), [undefined, undefined, 'acme', 'phone']);
    assert.deepEqual(
      seen(keys, (key) => call.metadata(key)),
      [undefined, undefined, undefined, 'phone'],
    );
    const other = fakeCall({ 'x-tenant': 'other' });
    assert.throws(() => authenticate(() => alice, other.call), /want the tenant of the credential/);
  });

  it('may say what it likes where it has no role: nothing of a tenant is open to it', () => {
    const nobody = { ...alice, tenant: 'anonymous', roles: [] };
    const { call } = fakeCall({ 'x-tenant': 'acme' });
    assert.equal(
      authenticate(() => nobody, call),
      nobody,
    );
  });
});
