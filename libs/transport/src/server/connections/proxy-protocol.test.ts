import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readProxyHeader } from './proxy-protocol.ts';

const text = (line: string): Buffer => Buffer.from(line, 'latin1');
const v1 = 'PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n';

/** Version 2: command and version, family and transport, and what follows. */
function binary(command: number, family: number, rest: Buffer, length = rest.length): Buffer {
  const head = Buffer.concat([text('\r\n\r\n\0\r\nQUIT\n'), Buffer.from([command, family, 0, 0])]);
  head.writeUInt16BE(length, 14);
  return Buffer.concat([head, rest]);
}
const ipv4 = Buffer.from([192, 0, 2, 1, 10, 0, 0, 1, 0xdc, 4, 1, 0xbb]);
const ipv6 = Buffer.concat([Buffer.from('20010db8000000000000000000000017', 'hex'), Buffer.alloc(16), Buffer.alloc(4)]);
const v2 = binary(0x21, 0x11, ipv4);

const whole = (bytes: Buffer, address: string | undefined) => ({ kind: 'whole', length: bytes.length, address });

describe('a header of the PROXY protocol', () => {
  it('tells the address of whoever the proxy speaks for, and nothing where it speaks for itself', () => {
    const read: readonly (readonly [Buffer, string | undefined])[] = [
      [text(v1), '192.0.2.1'],
      [text('PROXY TCP6 2001:db8::17 ::1 1 65535\r\n'), '2001:db8::17'],
      [text('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 65535\r\n'), '192.0.2.1'],
      [text('PROXY UNKNOWN\r\n'), undefined],
      [text('PROXY UNKNOWN ffff::1 ::1 1 2\r\n'), undefined],
      [v2, '192.0.2.1'],
      [binary(0x21, 0x21, ipv6), '2001:db8::17'],
      [binary(0x21, 0x11, Buffer.concat([ipv4, Buffer.alloc(200)])), '192.0.2.1'],
      [binary(0x20, 0, Buffer.alloc(0)), undefined],
      [binary(0x20, 0x11, ipv4), undefined],
      [binary(0x21, 0, Buffer.alloc(0)), undefined],
      [binary(0x21, 0x31, Buffer.alloc(216)), undefined],
    ];
    for (const [bytes, address] of read) {
      assert.deepEqual(readProxyHeader(bytes, 'any'), whole(bytes, address), bytes.toString('latin1'));
      assert.deepEqual(readProxyHeader(Buffer.concat([bytes, text('PRI *')]), 'any'), whole(bytes, address));
    }
  });

  it('is waited for to its last byte', () => {
    for (const bytes of [text(v1), v2])
      for (let end = 0; end < bytes.length; end++)
        assert.deepEqual(readProxyHeader(bytes.subarray(0, end), 'any'), { kind: 'more' }, String(end));
  });

  it('is refused as soon as it cannot be one, or a long one', () => {
    const wrong = [
      text('P'.padEnd(2, 'R').concat('I')),
      text('\x16\x03\x01'),
      text('PROXY TCP4 192.0.2.1 10.0.0.1 56324\r\n'),
      text('PROXY TCP4 192.0.2.1 10.0.0.1 56324 65536\r\n'),
      text('PROXY TCP4 ::1 ::1 1 2\r\n'),
      text('PROXY TCP4 192.0.2.999 10.0.0.1 1 2\r\n'),
      text('PROXY TCP4  192.0.2.1 10.0.0.1 1 2\r\n'),
      text('PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n'),
      text(`PROXY UNKNOWN ${'x'.repeat(100)}`),
      binary(0x11, 0x11, ipv4),
      binary(0x22, 0x11, ipv4),
      binary(0x21, 0x12, ipv4),
      binary(0x21, 0x41, ipv6),
      binary(0x21, 0x21, ipv4),
      binary(0x21, 0x11, Buffer.alloc(0), 65_535),
    ];
    for (const bytes of wrong) assert.equal(readProxyHeader(bytes, 'any').kind, 'wrong', bytes.toString('latin1'));
  });

  it('is of the version that the server takes', () => {
    assert.equal(readProxyHeader(text(v1), 'v1').kind, 'whole');
    assert.equal(readProxyHeader(v2, 'v2').kind, 'whole');
    assert.equal(readProxyHeader(text(v1), 'v2').kind, 'wrong');
    assert.equal(readProxyHeader(v2, 'v1').kind, 'wrong');
  });
});
