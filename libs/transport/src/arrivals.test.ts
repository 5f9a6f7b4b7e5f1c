/** Connections at a real door: how many there may be, and for how long. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { defaultLimits } from '@sheaf/inference';
import { Arrival, Crowd } from './arrivals.ts';
import { connectionLimits } from './connection-ledger.ts';
import { call, client, statusOf, withDoor } from './fake-caller.ts';
import { held, requestFor, until } from './fake-model.ts';
import { inferPath } from './proto.ts';
import { encodeRequest } from './wire/codec.ts';

const pinged = (session: ClientHttp2Session): Promise<unknown> => new Promise((resolve) => session.ping(resolve));

/** Callers of a trusted proxy may take all the room. */
const notCounted = { trustedProxies: ['127.0.0.1'] };

describe('a door with as many connections as it may have', () => {
  it('closes the one that has been silent for longest when another comes: first those that never called', async () => {
    await withDoor({ connectionsMax: 4, ...notCounted }, async ({ port }, { lines }) => {
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
      assert.match(
        lines[0] ?? '',
        /^door: 4 connections may be open, half of them of one address \(gateway\.connectionsMax/,
      );
      // Now all others are strangers that came later, or have called.
      for (const session of [...strangers.slice(1), next]) assert.equal(await statusOf(call(session, 'echo')), '0');
      const last = await client(port);
      await until(() => known.destroyed);
      assert.equal(lines.length, 1, 'it is told once a minute');
      for (const session of [...strangers, next, last]) session.destroy();
    });
  });

  it('closes a new one where all others have calls, and takes one again when there is room', async () => {
    await withDoor({ connectionsMax: 2, ...notCounted }, async ({ port }, { lines }) => {
      const busy = [await client(port), await client(port)];
      const calls = busy.map((session, index) => statusOf(call(session, 'wait', {}, `full-${index}`)));
      await until(() => held.has('full-0') && held.has('full-1'));
      const refused = connectSocket(port, '127.0.0.1').on('error', () => {});
      await once(refused.resume(), 'close');
      assert.match(lines[0] ?? '', /0 without a call were closed; 1 were turned away$/);
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
  /** With a socket that only knows whether it was closed. */
  const opened = (crowd: Crowd, block?: string) => {
    const socket = { remoteAddress: '192.0.2.1', destroyed: false, destroy: () => (socket.destroyed = true) };
    const arrival = new Arrival(socket as unknown as Socket);
    return { arrival, isIn: crowd.enter(arrival, block) };
  };
  const many = (crowd: Crowd, count: number, block?: string): readonly Arrival[] =>
    Array.from({ length: count }, () => opened(crowd, block).arrival);
  const isClosed = ({ socket }: Arrival): boolean => socket.destroyed;

  it('are counted by address, the addresses of one /64 as one, those of a trusted proxy not at all', () => {
    const crowd = new Crowd(1_000_000, () => {});
    const most = connectionLimits.idleConnectionsMax;
    const first = many(crowd, most, '2001:db8:0:1::/64');
    assert.ok(!first.some(isClosed));
    assert.ok(!many(crowd, most, '2001:db8:0:2::/64').some(isClosed));
    many(crowd, 2, '2001:db8:0:1::/64');
    assert.deepEqual(first.map(isClosed), [true, true, ...Array.from({ length: most - 2 }, () => false)]);
    assert.ok(!many(crowd, most + 1).some(isClosed));
  });

  it('and those that have one may be half of all that there may be of one address, so that it shuts out nobody', () => {
    const told: boolean[] = [];
    const crowd = new Crowd(8, (isNew) => told.push(isNew));
    const busy = many(crowd, 4, 'one');
    for (const arrival of busy) crowd.work(arrival);
    assert.equal(opened(crowd, 'one').isIn, false);
    // Nobody else was closed for it.
    const others = many(crowd, 4, 'two');
    assert.equal(opened(crowd, 'one').isIn, false);
    assert.ok(!others.some(isClosed));
    const [first] = busy as [Arrival];
    crowd.stay(first);
    assert.equal(opened(crowd, 'one').isIn, true);
    assert.ok(isClosed(first));
    assert.deepEqual(told, [true, true, false]);
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
