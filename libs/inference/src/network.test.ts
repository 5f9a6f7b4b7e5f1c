import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPublicAddress, networkOf } from './network.ts';

describe('the network of an address', () => {
  const cases: readonly [string | undefined, string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['2001:0db8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
    ['2001:DB8:0:2::1', '2001:db8:0:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['2001:db8::1:ffff:0:0:1', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', 'unknown'],
    [undefined, 'unknown'],
  ];
  for (const [address, network] of cases)
    it(`of ${address} is ${network}`, () => assert.equal(networkOf(address), network));
});

describe('a public address', () => {
  const inner = [
    ...['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
    ...['255.255.255.255', '::1', '::', '::ffff:10.0.0.1', '::10.0.0.1', '64:ff9b::a00:1', '2002:a00:1::', 'fd00::1'],
    ...['fe80::1%eth0', 'ff02::1', 'localhost', ''],
  ];
  for (const address of inner) it(`is not ${address}`, () => assert.equal(isPublicAddress(address), false));
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '::ffff:8.8.8.8', '2600::1', '2001:4860:4860::8888'])
    it(`is ${address}`, () => assert.equal(isPublicAddress(address), true));
});
