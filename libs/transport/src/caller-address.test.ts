import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressBlock, plainAddress } from './caller-address.ts';

describe('an address', () => {
  it('of IPv4 is told in four numbers however the socket has it, and one of IPv6 without the interface', () => {
    assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(plainAddress('192.0.2.1'), '192.0.2.1');
    assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
  });

  it('of IPv6 is counted by its first 64 bits, however it is written', () => {
    const one = '2001:db8:0:1::/64';
    for (const address of ['2001:db8:0:1::', '2001:db8::1:ffff:0:0:1', '2001:0db8:0:0001:1:2:3:4', '2001:DB8:0:1::9'])
      assert.equal(addressBlock(address), one, address);
    assert.notEqual(addressBlock('2001:db8:0:2::1'), one);
    assert.equal(addressBlock('::1'), '0:0:0:0::/64');
    assert.equal(addressBlock('64:ff9b::192.0.2.1'), '64:ff9b:0:0::/64');
  });

  it('of IPv4 is counted as it is', () => {
    assert.equal(addressBlock('192.0.2.1'), '192.0.2.1');
    assert.equal(addressBlock(''), '');
  });
});
