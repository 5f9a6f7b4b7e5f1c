/** A server behind proxies: whom it takes its calls to be of, by headers and by the PROXY protocol. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createAuthority } from '../../../../../test/support/certificates.ts';
import { endHeaders, frame, headerBlock, inferHeaders } from '../../../../../test/support/raw-http2.ts';
import { call, client, statusOf, withServer } from '../../testing/fake-caller.ts';
import { until } from '../../testing/fake-model.ts';

const line = (address: string): string => `PROXY TCP4 ${address} 10.0.0.1 4711 443\r\n`;
const loopback = { trustedProxies: ['127.0.0.0/8'] };

/** A connection whose first bytes are these. */
async function opened(port: number, first: string | Buffer): Promise<Socket> {
  const socket = connectSocket(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  socket.write(first);
  return socket;
}

describe('a server behind proxies that it trusts', () => {
  it('knows a call by what they forward, and by the connection where that is no address', async () => {
    await withServer(loopback, async ({ port }, { addresses }) => {
      const session = await client(port);
      for (const header of ['198.51.100.1', '1.1.1.1, 198.51.100.2, 127.0.0.9', 'unknown'])
        assert.equal(await statusOf(call(session, 'echo', { 'x-forwarded-for': header })), '0');
      assert.equal(await statusOf(call(session, 'echo', { forwarded: 'for=198.51.100.3' })), '0');
      assert.deepEqual(addresses, ['198.51.100.1', '198.51.100.2', '127.0.0.1', '127.0.0.1']);
      session.destroy();
    });
    await withServer({ ...loopback, forwardedHeader: 'forwarded' }, async ({ port }, { addresses }) => {
      const session = await client(port);
      const headers = { forwarded: 'for=198.51.100.3', 'x-forwarded-for': '1.1.1.1' };
      assert.equal(await statusOf(call(session, 'echo', headers)), '0');
      assert.deepEqual(addresses, ['198.51.100.3']);
      session.destroy();
    });
  });

  it('believes nobody else', async () => {
    for (const connections of [{}, { trustedProxies: ['10.0.0.0/8'] }])
      await withServer(connections, async ({ port }, { addresses }) => {
        const session = await client(port);
        assert.equal(await statusOf(call(session, 'echo', { 'x-forwarded-for': '198.51.100.1' })), '0');
        assert.deepEqual(addresses, ['127.0.0.1']);
        session.destroy();
      });
  });
});

describe('a server that takes the PROXY protocol', () => {
  it('closes nobody for a connection that comes from no trusted proxy', async () => {
    const connections = { trustedProxies: ['127.0.0.1'], proxyProtocol: 'any', connectionsMax: 2 } as const;
    await withServer(connections, async ({ port }) => {
      const inside = [await opened(port, ''), await opened(port, '')];
      for (let at = 0; at < 4; at++) {
        const outside = connectSocket({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }).on('error', () => {});
        await once(outside.resume(), 'close');
      }
      for (const [at, socket] of inside.entries()) {
        socket.write(line(`198.51.100.${at}`));
        const session = await client(port, socket);
        assert.equal(await statusOf(call(session, 'echo')), '0');
        session.destroy();
      }
    });
  });

  it('knows a connection by its header, however that comes, and what its caller says of itself is not believed', async () => {
    await withServer({ ...loopback, proxyProtocol: 'any' }, async ({ port }, { addresses }) => {
      const whole = await client(port, await opened(port, line('198.51.100.1')));
      assert.equal(await statusOf(call(whole, 'echo', { 'x-forwarded-for': '1.1.1.1' })), '0');
      const socket = connectSocket(port, '127.0.0.1').setNoDelay();
      await once(socket, 'connect');
      for (const byte of line('198.51.100.2')) {
        socket.write(byte);
        await new Promise(setImmediate);
      }
      const dripped = await client(port, socket);
      assert.equal(await statusOf(call(dripped, 'echo')), '0');
      const itself = await client(port, await opened(port, 'PROXY UNKNOWN\r\n'));
      assert.equal(await statusOf(call(itself, 'echo')), '0');
      assert.deepEqual(addresses, ['198.51.100.1', '198.51.100.2', '127.0.0.1']);
      for (const session of [whole, dripped, itself]) session.destroy();
    });
  });

  it('reads it before TLS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-proxies-'));
    const authority = await createAuthority();
    const { certificate, key } = await authority.issue();
    await writeFile(join(folder, 'server.crt'), certificate);
    await writeFile(join(folder, 'server.key'), key);
    const tls = { certificate: join(folder, 'server.crt'), key: join(folder, 'server.key') };
    await withServer(
      { ...loopback, proxyProtocol: 'any' },
      async ({ port }, { addresses, lines }) => {
        const raw = await opened(port, line('198.51.100.1'));
        const socket = connectTls({ socket: raw, host: '127.0.0.1', ca: authority.certificate, ALPNProtocols: ['h2'] });
        const session = await client(port, socket);
        assert.equal(await statusOf(call(session, 'echo')), '0');
        assert.deepEqual(addresses, ['198.51.100.1']);
        session.destroy();
        const garbage = await opened(port, `${line('198.51.100.7')}this is no handshake`);
        await once(garbage.resume(), 'close');
        await until(() => lines.length > 0);
        assert.match(lines[0] ?? '', /^server: a TLS handshake with 198\.51\.100\.7 failed: /);
      },
      { tls },
    );
    await rm(folder, { recursive: true });
  });

  it('closes who comes without, or from elsewhere, and says so once', async () => {
    const refusals = [
      [loopback, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /127\.0\.0\.1 was closed: want a header of the PROXY protocol/],
      [loopback, `PROXY UNKNOWN ${'x'.repeat(200)}`, /want a header of at most 107 bytes$/],
      [{ trustedProxies: ['192.0.2.1'] }, line('198.51.100.1'), /takes connections of trusted proxies only/],
    ] as const;
    for (const [connections, first, why] of refusals)
      await withServer({ ...connections, proxyProtocol: 'any' }, async ({ port }, { addresses, lines }) => {
        for (const _ of [1, 2]) {
          const socket = await opened(port, first);
          await once(socket.resume(), 'close');
        }
        assert.equal(lines.length, 1);
        assert.match(lines[0] ?? '', why);
        assert.deepEqual(addresses, []);
      });
  });
});

describe('a call that is reset in the packet that it comes in', () => {
  const reset = (code: number): Buffer => {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    return frame('rstStream', 0, 1, payload);
  };
  for (const [what, connections, first] of [
    ['behind a header of the PROXY protocol', { ...loopback, proxyProtocol: 'any' }, line('198.51.100.1')],
    ['on an open server', {}, ''],
  ] as const)
    for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_INTERNAL_ERROR, constants.NGHTTP2_CANCEL])
      it(`is nothing to the server: ${what}, with code ${code}`, async () => {
        await withServer(connections, async ({ port }) => {
          const socket = await opened(
            port,
            Buffer.concat([
              Buffer.from(`${first}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`),
              frame('settings', 0, 0, Buffer.alloc(0)),
              frame('headers', endHeaders, 1, headerBlock(inferHeaders())),
              reset(code),
              frame('ping', 0, 0, Buffer.alloc(8)),
            ]),
          );
          let heard = Buffer.alloc(0);
          socket.on('data', (chunk: Buffer) => (heard = Buffer.concat([heard, chunk])));
          // The answer to the PING is the last.
          await until(() => heard.includes(Buffer.from([0, 0, 8, 6, 1])));
          await new Promise(setImmediate);
          const other = await client(port, await opened(port, first));
          assert.equal(await statusOf(call(other, 'echo')), '0');
          other.destroy();
          socket.destroy();
        });
      });
});
