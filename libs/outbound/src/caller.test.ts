import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trustedCaller } from '@sheaf/inference';
import { callerOf } from './caller.ts';

const anonymous = { id: 'anonymous', tenant: 'everyone' };

describe('who is to blame for a call', () => {
  it('is its principal, wherever it comes from', () => {
    assert.equal(callerOf({ principal: { id: 'key:a', tenant: 't' }, address: '192.0.2.1' }), 'key:a');
  });

  it('is the address of who has shown nothing, IPv6 by its /64', () => {
    assert.equal(callerOf({ principal: anonymous, address: '192.0.2.1' }), 'anonymous@192.0.2.1');
    assert.equal(callerOf({ principal: anonymous, address: '2001:db8::1' }), 'anonymous@2001:db8:0:0::/64');
  });

  it('is nobody where that would be many', () => {
    for (const address of ['127.0.0.1', '::1', '', undefined])
      assert.equal(callerOf({ principal: anonymous, ...(address === undefined ? {} : { address }) }), undefined);
    assert.equal(callerOf({ principal: { id: 'local', tenant: 'local' }, address: '192.0.2.1' }), undefined);
    assert.equal(callerOf({ principal: trustedCaller }), undefined);
  });
});
