/** Connections at a real door: how many there may be, for how long, and whom they are of. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { defaultLimits } from '@sheaf/inference';
import { createAuthority } from '../../../test/support/certificates.ts';
import { Arrival, Crowd, type DoorConnections } from './arrivals.ts';
import { connectionLimits } from './connection-ledger.ts';
import { createDoor, type Door, type DoorOptions } from './door.ts';
import { held, requestFor, served, until } from './fake-model.ts';
import { inferPath } from './proto.ts';
import { headBytes, writeHead } from './unary-message.ts';
import { encodeRequest } from './wire/codec.ts';

const frameOf = (message: Uint8Array): Buffer => writeHead(Buffer.concat([Buffer.alloc(headBytes), message]));
const principal = { name: 'a', tenant: 't', roles: ['caller'] } as never;

/** A door that tells whom its calls come from; `lines` is what it logs. */
async function withDoor(
  connections: DoorConnections,
  work: (door: Door, seen: { readonly addresses: string[]; readonly lines: string[] }) => Promise<void>,
  more: Partial<DoorOptions> = {},
): Promise<void> {
  const seen = { addresses: [] as string[], lines: [] as string[] };
  const { error } = console;
  console.error = (line: string) => seen.lines.push(line);
  const options = { name: 'door', host: '127.0.0.1', port: 0, limits: defaultLimits, connections, ...more };
  const door = await createDoor(options, {
    ...served,
    admit: ({ address = '' }) => {
      seen.addresses.push(address);
      return principal;
    },
  });
  door.open();
  try {
    await work(door, seen);
  } finally {
    console.error = error;
    await door.close(1_000);
  }
}

function call(
  client: ClientHttp2Session,
  model: string,
  headers: Record<string, string> = {},
  id = '',
): ClientHttp2Stream {
  const stream = client.request({
    ':method': 'POST',
    ':path': inferPath,
    'content-type': 'application/grpc',
    ...headers,
  });
  stream.on('error', () => {});
  return stream.end(frameOf(encodeRequest(requestFor(model, { id }))));
}

async function statusOf(stream: ClientHttp2Stream): Promise<string> {
  let status = 'none';
  const note = (told: Record<string, unknown>): void => {
    status = String(told['grpc-status'] ?? status);
  };
  stream.on('response', note).on('trailers', note).resume();
  await new Promise((resolve) => stream.once('close', resolve));
  return status;
}

/** One that has greeted. */
async function client(port: number, socket?: Socket): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, socket && { createConnection: () => socket });
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return session;
}

const pinged = (session: ClientHttp2Session): Promise<unknown> => new Promise((resolve) => session.ping(resolve));

describe('a door with as many connections as it may have', () => {
  it('closes the one that has been silent for longest when another comes: first those that never called', async () => {
    await withDoor({ connectionsMax: 4 }, async ({ port }, { lines }) => {
      const known = await client(port);
      assert.equal(await statusOf(call(known, 'echo')), '0');
      const strangers = [await client(port), await client(port), await client(port)];
      const goAway = once(strangers[0] as ClientHttp2Session, 'goaway');
      const next = await client(port);
      assert.deepEqual((await goAway)[0], 0);
      for (const session of [known, ...strangers.slice(1), next]) {
        assert.equal(session.destroyed, false);
        await pinged(session);
      }
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', /^door: 4 connections are open, and no more may be \(gateway\.connectionsMax/);
      // Now all others are strangers that came later, or have called.
      for (const session of [...strangers.slice(1), next]) assert.equal(await statusOf(call(session, 'echo')), '0');
      const last = await client(port);
      await until(() => known.destroyed);
      assert.equal(lines.length, 1, 'it is told once a minute');
      for (const session of [...strangers, next, last]) session.destroy();
    });
  });

  it('closes a new one where all others have calls, and takes one again when there is room', async () => {
    await withDoor({ connectionsMax: 2 }, async ({ port }, { lines }) => {
      const busy = [await client(port), await client(port)];
      const calls = busy.map((session, index) => statusOf(call(session, 'wait', {}, `full-${index}`)));
      await until(() => held.has('full-0') && held.has('full-1'));
      const refused = connectSocket(port, '127.0.0.1').on('error', () => {});
      await once(refused.resume(), 'close');
      assert.match(lines[0] ?? '', /0 without a call were closed; 1 others were turned away$/);
      held.get('full-0')?.();
      assert.equal(await calls[0], '0');
      const next = await client(port);
      assert.equal(await statusOf(call(next, 'echo')), '0');
      held.get('full-1')?.();
      assert.equal(await calls[1], '0');
      for (const session of [...busy, next]) session.destroy();
    });
  });
});

describe('connections without a call', () => {
  /** Of an address, with a socket that only knows whether it was closed. */
  const arrivalOf = (block: string | undefined) => {
    const socket = { remoteAddress: '192.0.2.1', destroyed: false, destroy: () => (socket.destroyed = true) };
    return Object.assign(new Arrival(socket as unknown as Socket), { block });
  };

  it('are counted by address, the addresses of one /64 as one, those of a trusted proxy not at all', () => {
    const crowd = new Crowd(1_000_000, () => {});
    const most = connectionLimits.idleConnectionsMax;
    const enter = (block: string | undefined, count: number) =>
      Array.from({ length: count }, () => arrivalOf(block)).map((arrival) => {
        assert.ok(crowd.enter(arrival));
        return arrival;
      });
    const isClosed = ({ socket }: Arrival): boolean => socket.destroyed;
    const first = enter('2001:db8:0:1::/64', most);
    assert.ok(!first.some(isClosed));
    assert.ok(!enter('2001:db8:0:2::/64', most).some(isClosed));
    enter('2001:db8:0:1::/64', 2);
    assert.deepEqual(first.map(isClosed), [true, true, ...Array.from({ length: most - 2 }, () => false)]);
    assert.ok(!enter(undefined, most + 1).some(isClosed));
  });
});

describe('a connection that has reached its age', () => {
  it('gets a GOAWAY, has its calls answered, and streams without an end are cut once the longest deadline is over', async () => {
    const limits = { ...defaultLimits, deadlineMaxMs: 2_000 };
    await withDoor(
      { connectionAgeMaxMs: 500 },
      async ({ port }) => {
        const old = await client(port);
        const watch = old.request({
          ':method': 'POST',
          ':path': '/grpc.health.v1.Health/Watch',
          'content-type': 'application/grpc',
        });
        const watched = statusOf(watch.on('error', () => {}));
        watch.end(Buffer.alloc(5));
        const slow = statusOf(call(old, 'wait', { 'grpc-timeout': '60S' }, 'aged'));
        await until(() => held.has('aged'));
        const [code] = await once(old, 'goaway');
        assert.equal(code, 0);
        const next = await client(port);
        assert.equal(await statusOf(call(next, 'echo')), '0');
        held.get('aged')?.();
        assert.equal(await slow, '0');
        assert.equal(old.destroyed, false, 'the watch goes on for a while');
        assert.equal(await watched, 'none');
        await until(() => old.destroyed);
        next.destroy();
      },
      { limits },
    );
  });
});

describe('connections that reach their age', () => {
  it('cost a client of gRPC no call', async () => {
    await withDoor({ connectionAgeMaxMs: 200 }, async ({ port }) => {
      const stock = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
      const asItIs = (message: Buffer): Buffer => message;
      const message = Buffer.from(encodeRequest(requestFor('echo')));
      let left = 0;
      const leave = (): void => {
        const channel = stock.getChannel();
        const state = channel.getConnectivityState(false);
        channel.watchConnectivityState(state, Date.now() + 60_000, (error) => {
          if (state === grpc.connectivityState.READY) left++;
          if (!error && left < 8) leave();
        });
      };
      leave();
      const ask = (): Promise<void> =>
        new Promise((resolve, reject) => {
          stock.makeUnaryRequest(inferPath, asItIs, asItIs, message, (error) => (error ? reject(error) : resolve()));
        });
      let calls = 0;
      const client = async (): Promise<void> => {
        while (left < 8) {
          await ask();
          calls++;
        }
      };
      await Promise.all(Array.from({ length: 8 }, client));
      assert.ok(calls > 100);
      stock.close();
    });
  });
});

const line = (address: string): string => `PROXY TCP4 ${address} 10.0.0.1 4711 443\r\n`;
const loopback = { trustedProxies: ['127.0.0.0/8'] };

/** A connection whose first bytes are these. */
async function opened(port: number, first: string | Buffer): Promise<Socket> {
  const socket = connectSocket(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  socket.write(first);
  return socket;
}

describe('a door behind proxies that it trusts', () => {
  it('knows a call by what they forward, and by the connection where that is no address', async () => {
    await withDoor(loopback, async ({ port }, { addresses }) => {
      const session = await client(port);
      for (const header of ['198.51.100.1', '1.1.1.1, 198.51.100.2, 127.0.0.9', 'unknown'])
        assert.equal(await statusOf(call(session, 'echo', { 'x-forwarded-for': header })), '0');
      assert.equal(await statusOf(call(session, 'echo', { forwarded: 'for=198.51.100.3' })), '0');
      assert.deepEqual(addresses, ['198.51.100.1', '198.51.100.2', '127.0.0.1', '127.0.0.1']);
      session.destroy();
    });
    await withDoor({ ...loopback, forwardedHeader: 'forwarded' }, async ({ port }, { addresses }) => {
      const session = await client(port);
      const headers = { forwarded: 'for=198.51.100.3', 'x-forwarded-for': '1.1.1.1' };
      assert.equal(await statusOf(call(session, 'echo', headers)), '0');
      assert.deepEqual(addresses, ['198.51.100.3']);
      session.destroy();
    });
  });

  it('believes nobody else', async () => {
    for (const connections of [{}, { trustedProxies: ['10.0.0.0/8'] }])
      await withDoor(connections, async ({ port }, { addresses }) => {
        const session = await client(port);
        assert.equal(await statusOf(call(session, 'echo', { 'x-forwarded-for': '198.51.100.1' })), '0');
        assert.deepEqual(addresses, ['127.0.0.1']);
        session.destroy();
      });
  });
});

describe('a door that takes the PROXY protocol', () => {
  it('knows a connection by its header, however that comes, and what its caller says of itself is not believed', async () => {
    await withDoor({ ...loopback, proxyProtocol: 'any' }, async ({ port }, { addresses }) => {
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
    await writeFile(join(folder, 'door.crt'), certificate);
    await writeFile(join(folder, 'door.key'), key);
    const tls = { certificate: join(folder, 'door.crt'), key: join(folder, 'door.key') };
    await withDoor(
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
        assert.match(lines[0] ?? '', /^door: a TLS handshake with 198\.51\.100\.7 failed: /);
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
      await withDoor({ ...connections, proxyProtocol: 'any' }, async ({ port }, { addresses, lines }) => {
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
