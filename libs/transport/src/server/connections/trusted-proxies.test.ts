import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAddressSet } from '@sheaf/inference';
import { headerList } from '../../testing/fake-call.ts';
import { readForwarded } from './trusted-proxies.ts';

const isTrusted = createAddressSet(['10.0.0.0/8', '2001:db8:5::/48', '192.0.2.7']);

describe('X-Forwarded-For', () => {
  const read = readForwarded('x-forwarded-for', isTrusted);
  const told = (header?: string) => read(headerList(header === undefined ? {} : { 'x-forwarded-for': header }));

  it('names the last address that is no proxy of ours; what callers wrote stands before it', () => {
    assert.equal(told('198.51.100.1'), '198.51.100.1');
    assert.equal(told('127.0.0.1, 198.51.100.1'), '198.51.100.1');
    assert.equal(told('1.1.1.1, 198.51.100.1, 10.1.1.1,10.1.1.2'), '198.51.100.1');
    assert.equal(told('bad"stuff, 198.51.100.1'), '198.51.100.1');
    assert.equal(told('2001:db8::1'), '2001:db8::1');
    assert.equal(told('::ffff:198.51.100.1'), '198.51.100.1');
    assert.equal(told('198.51.100.1:4711'), '198.51.100.1');
    assert.equal(told('[2001:db8::1]:4711'), '2001:db8::1');
  });

  it('names the first where all are ours', () => {
    assert.equal(told('10.1.1.1, 10.1.1.2'), '10.1.1.1');
  });

  it('says nothing where it is not there, or where a proxy wrote no address', () => {
    const bad = [
      '',
      'unknown',
      '_hidden',
      '198.51.100.1, unknown',
      'bad, 10.0.0.1',
      '1.2.3',
      '1.2.3.4.5',
      '[1.2.3.4]:1',
    ];
    for (const header of [undefined, ...bad, '198.51.100.1,', 'for=198.51.100.1'])
      assert.equal(told(header), undefined);
  });

  it('is not read for ever', () => {
    assert.equal(told(`198.51.100.1, ${Array.from({ length: 30 }, () => '10.0.0.1').join()}`), '10.0.0.1');
  });

  it('is not Forwarded, which the proxy hands on as the caller wrote it', () => {
    assert.equal(read(headerList({ forwarded: 'for=198.51.100.1' })), undefined);
    assert.equal(read(headerList({ forwarded: 'for=127.0.0.1', 'x-forwarded-for': '198.51.100.1' })), '198.51.100.1');
  });
});

describe('Forwarded', () => {
  const read = readForwarded('forwarded', isTrusted);
  const told = (forwarded: string) => read(headerList({ forwarded, 'x-forwarded-for': '203.0.113.9' }));

  it('names the last address that is no proxy of ours', () => {
    assert.equal(told('for=198.51.100.1'), '198.51.100.1');
    assert.equal(told('for=1.1.1.1;proto=http, proto=https;For="198.51.100.1:4711";by=10.0.0.1'), '198.51.100.1');
    assert.equal(told('for=198.51.100.1, for=10.0.0.3'), '198.51.100.1');
    assert.equal(told('for="[2001:db8:cafe::17]:4711"'), '2001:db8:cafe::17');
  });

  it('is not swallowed by a quote that a caller left open', () => {
    assert.equal(told('for="1.1.1.1, for=198.51.100.1'), '198.51.100.1');
  });

  it('says nothing where a proxy wrote no address, or two', () => {
    for (const header of ['for=unknown', 'for=_x', 'by=10.0.0.1', 'for=1.1.1.1;for=2.2.2.2', 'for="1.1.1.1', ''])
      assert.equal(told(header), undefined, header);
  });
});
