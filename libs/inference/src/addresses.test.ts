import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressProblem, createAddressSet } from './addresses.ts';

describe('a range of addresses', () => {
  it('is an address or a network, of either family', () => {
    for (const range of ['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32', '::/0', '::/128'])
      assert.equal(addressProblem(range), undefined, range);
    for (const range of [
      '',
      '10.0.0',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/08',
      '::/129',
      'fe80::1%eth0',
      'a/8',
      '10.0.0.0/8/8',
      '10.0.0.*',
    ])
      assert.match(addressProblem(range) ?? '', /^want an address/, range);
  });

  it('holds what is in it', () => {
    const isIn = createAddressSet(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']);
    for (const address of ['10.0.0.0', '10.255.255.255', '192.0.2.1', '2001:db8:ffff::1', '2001:DB8::1%eth0'])
      assert.ok(isIn(address), address);
    for (const address of ['11.0.0.0', '9.255.255.255', '192.0.2.2', '2001:db9::1', '', 'nonsense', undefined])
      assert.equal(isIn(address), false, String(address));
    assert.equal(createAddressSet([])('10.0.0.1'), false);
  });
});
