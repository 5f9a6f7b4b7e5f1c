import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainAddress } from './caller-address.ts';

describe('an address', () => {
  it('of IPv4 is told in four numbers however the socket has it, and one of IPv6 without the interface', () => {
    assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(plainAddress('192.0.2.1'), '192.0.2.1');
    assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
  });
});
