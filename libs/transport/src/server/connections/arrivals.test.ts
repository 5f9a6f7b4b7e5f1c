/** Connections at a real server: how many there may be, and for how long. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { defaultLimits } from '@sheaf/inference';
import { inferPath } from '../../proto.ts';
import { call, client, statusOf, withServer } from '../../testing/fake-caller.ts';
import { held, requestFor, until } from '../../testing/fake-model.ts';
import { encodeRequest } from '../../wire/codec.ts';

const pinged = (session: ClientHttp2Session): Promise<unknown> => new Promise((resolve) => session.ping(resolve));

/** Callers of a trusted proxy may take all the room. */
const notCounted = { trustedProxies: ['127.0.0.1'] };

describe('a server with as many connections as it may have', () => {
  it('closes the one that has been silent for longest when another comes: first those that never called', async () => {
    await withServer({ connectionsMax: 4, ...notCounted }, async ({ port }, { lines }) => {
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
        /^server: 4 connections may be open, half of them of one address \(gateway\.connectionsMax/,
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
    await withServer({ connectionsMax: 2, ...notCounted }, async ({ port }, { lines }) => {
      const busy = [await client(port), await client(port)];
      const calls = busy.map((session, index) => statusOf(call(session, 'wait', {}, `full-${index}`)));
      await until(() => held.has('full-0') && held.has('full-1'));
      const refused = connectSocket(port, '127.0.0.1').on('error', () => {});
      await once(refused.resume(), 'close');
      assert.match(lines[0] ?? '', /0 were closed; 1 were turned away$/);
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

/** One from this address of the machine, where it gets in. */
async function from(localAddress: string, port: number): Promise<ClientHttp2Session> {
  const socket = connectSocket({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
  const gone = once(socket, 'close').then(() => assert.fail(`a connection from ${localAddress} was closed`));
  const session = await Promise.race([client(port, socket), gone]);
  gone.catch(() => {});
  return session;
}
const manyFrom = (addresses: readonly string[], count: number, port: number): Promise<ClientHttp2Session[]> =>
  Promise.all(addresses.flatMap((address) => Array.from({ length: count }, () => from(address, port))));

/** Opens a stream and another when it is over; resolves when the first has its answer. A call to infer never ends. */
async function clingTo(session: ClientHttp2Session, path: string): Promise<void> {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
  stream.on('error', () => {}).resume();
  stream.once('close', () => session.destroyed || session.closed || void clingTo(session, path).catch(() => {}));
  if (path !== inferPath) stream.end(Buffer.alloc(5));
  await once(stream, 'response');
}

describe('a server that few addresses have filled', () => {
  const max = { connectionsMax: 16 };
  const secret = 'a secret of sixteen or more';

  it('lets others in where these only send calls that are refused', async () => {
    await withServer(
      max,
      async ({ port }) => {
        const registry = await manyFrom(['127.0.0.2', '127.0.0.3'], 8, port);
        await Promise.all(registry.map((session) => clingTo(session, inferPath)));
        for (let at = 0; at < 5; at++) {
          const honest = await from('127.0.0.1', port);
          assert.equal(await statusOf(call(honest, 'echo', { authorization: `Bearer ${secret}` })), '0');
          registry.push(honest);
        }
        assert.equal(registry.slice(16).filter(({ destroyed }) => destroyed).length, 0);
        for (const session of registry) session.destroy();
      },
      { secret },
    );
  });

  it('lets others in where these hold streams that stay, and closes nobody who has fewer', async () => {
    await withServer(max, async ({ port }) => {
      const registry = await manyFrom(['127.0.0.2', '127.0.0.3'], 7, port);
      const few = await manyFrom(['127.0.0.4'], 2, port);
      await Promise.all(registry.map((session) => clingTo(session, '/grpc.health.v1.Health/Watch')));
      const honest = await manyFrom(['127.0.0.1'], 3, port);
      for (const session of [...honest, ...few]) assert.equal(await statusOf(call(session, 'echo')), '0');
      await until(() => registry.filter(({ destroyed }) => destroyed).length === 3);
      for (const session of [...registry, ...honest, ...few]) session.destroy();
    });
  });

  it('lets others in where these have calls', async () => {
    await withServer(max, async ({ port }) => {
      const registry = await manyFrom(['127.0.0.2', '127.0.0.3'], 8, port);
      const calls = registry.map((session, index) => statusOf(call(session, 'wait', {}, `few-${index}`)));
      await until(() => registry.every((_, index) => held.has(`few-${index}`)));
      const honest = await from('127.0.0.1', port);
      assert.equal(await statusOf(call(honest, 'echo')), '0');
      for (const index of registry.keys()) held.get(`few-${index}`)?.();
      assert.equal((await Promise.all(calls)).filter((status) => status !== '0').length, 1);
      for (const session of [...registry, honest]) session.destroy();
    });
  });

  it('closes nobody who is just coming in, where others have more', async () => {
    await withServer(max, async ({ port }) => {
      const registry = await manyFrom(['127.0.0.2', '127.0.0.3', '127.0.0.4'], 5, port);
      for (const session of registry) assert.equal(await statusOf(call(session, 'echo')), '0');
      const coming = connectSocket({ port, host: '127.0.0.1', localAddress: '127.0.0.5' }).on('error', () => {});
      await once(coming, 'connect');
      const honest = await from('127.0.0.1', port);
      await until(() => registry.some(({ destroyed }) => destroyed));
      const slow = await client(port, coming);
      assert.equal(await statusOf(call(slow, 'echo')), '0');
      for (const session of [...registry, honest, slow]) session.destroy();
    });
  });
});

describe('a connection that has reached its age', () => {
  it('gets a GOAWAY, has its calls answered, and streams without an end are cut once the longest deadline is over', async () => {
    const limits = { ...defaultLimits, requestArrivalMaxMs: 1_000, deadlineMaxMs: 1_000 };
    await withServer(
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

describe('a call that comes as its connection reaches its age', () => {
  it('has as long as any other until its request is there', async () => {
    const limits = { ...defaultLimits, requestArrivalMaxMs: 1_500, deadlineMaxMs: 100 };
    await withServer(
      { connectionAgeMaxMs: 200 },
      async ({ port }) => {
        const old = await client(port);
        const late = old.request({ ':method': 'POST', ':path': inferPath, 'content-type': 'application/grpc' });
        // That it was waited for to its end; a connection that is cut says nothing.
        assert.equal(await statusOf(late.on('error', () => {})), '4');
        old.destroy();
      },
      { limits },
    );
  });
});

describe('connections that reach their age', () => {
  it('cost a client of gRPC no call', async () => {
    await withServer({ connectionAgeMaxMs: 200 }, async ({ port }) => {
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
