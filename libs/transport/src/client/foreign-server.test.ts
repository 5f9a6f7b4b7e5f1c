/** Somebody else's servers: they end connections for their age, and for pings. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Http2Server } from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { defaultLimits } from '@sheaf/inference';
import { HealthImplementation } from 'grpc-health-check';
import { inferenceService, inferPath } from '../proto.ts';
import { contextOf, requestFor, until } from '../testing/fake-model.ts';
import { createRemote } from './remote.ts';

interface Counts {
  connections: number;
  pings: number;
}

const bytes = (): Buffer => Buffer.from([0x0a, 0x01, 0x6d, 0x12, 0x01, 0x31]);

/** A stock server of grpc-js that answers every inference, in so many milliseconds. */
async function startServer(options: grpc.ServerOptions, answerMs: number, withHealth: boolean) {
  const server = new grpc.Server(options);
  const seen: Counts = { connections: 0, pings: 0 };
  const asItIs = (message: Buffer): Buffer => message;
  const infer = {
    ...inferenceService['ModelInfer'],
    path: inferPath,
    responseSerialize: asItIs,
  } as grpc.MethodDefinition<Buffer, Buffer>;
  const ready = inferenceService['ServerReady'] as grpc.MethodDefinition<object, object>;
  const modelInfer: grpc.handleUnaryCall<Buffer, Buffer> = (_, done) =>
    void setTimeout(() => done(null, bytes()), answerMs);
  const serverReady: grpc.handleUnaryCall<object, object> = (_, done) => done(null, { ready: true });
  server.addService({ infer, ready }, { infer: modelInfer, ready: serverReady } as grpc.UntypedServiceImplementation);
  if (withHealth) new HealthImplementation({ '': 'SERVING' }).addToServer(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  // What it counts, grpc-js keeps to itself.
  const { http2Servers } = server as unknown as { readonly http2Servers: Map<Http2Server, unknown> };
  for (const http2Server of http2Servers.keys())
    http2Server.on('session', (session) => {
      seen.connections++;
      session.on('ping', () => seen.pings++);
    });
  return { port, seen, [Symbol.dispose]: () => server.forceShutdown() };
}

const remoteTo = (port: number, foreign: boolean) =>
  createRemote(`127.0.0.1:${port}`, { service: 'far', limits: defaultLimits, foreign });

/** Between a remote and a server: what goes through it is lost from some moment on, without a word. */
async function startBlackHole(port: number) {
  const sockets = new Set<Socket>();
  const proxy = createServer((inside) => {
    const outside = connect(port, '127.0.0.1');
    for (const socket of [inside, outside]) sockets.add(socket.on('error', () => socket.destroy()));
    inside.pipe(outside).pipe(inside);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: (proxy.address() as AddressInfo).port,
    /** New connections are not concerned. */
    swallow: (): void => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

// All of them wait, most of the time.
describe('a server of somebody else', { concurrency: true }, () => {
  describe('that ends connections for their age', () => {
    for (const withHealth of [false, true])
      it(`costs no call and stays ready, ${withHealth ? 'with' : 'without'} a health service`, async () => {
        const aging = { 'grpc.max_connection_age_ms': 300, 'grpc.max_connection_age_grace_ms': 2_000 };
        using server = await startServer(aging, 5, withHealth);
        const remote = remoteTo(server.port, true);
        const told: boolean[] = [];
        const unwatch = remote.watchReady((ready) => told.push(ready));
        let running = true;
        let answered = 0;
        const failed: unknown[] = [];
        const client = async (): Promise<void> => {
          while (running)
            await remote.infer(requestFor('m'), contextOf(60_000)).then(
              () => answered++,
              (error) => failed.push(error),
            );
        };
        const clients = Promise.all(Array.from({ length: 8 }, client));
        // Each goodbye falls upon calls that are on their way.
        await until(() => server.seen.connections >= 12);
        running = false;
        await clients;
        unwatch();
        remote.close();
        assert.deepEqual(failed, []);
        assert.ok(answered > 100, `${answered} calls`);
        assert.deepEqual(told, [true]);
      });
  });

  describe('pings', () => {
    it('go often among ourselves, and to servers of others not as long as those of ours are seen', async () => {
      using own = await startServer({}, 0, true);
      using foreign = await startServer({}, 0, true);
      const remotes = [remoteTo(own.port, false), remoteTo(foreign.port, true)];
      const unwatch = remotes.map((remote) => remote.watchReady(() => {}));
      for (const remote of remotes) await remote.infer(requestFor('m'), contextOf(60_000));
      await until(() => own.seen.pings >= 4, 60_000);
      assert.equal(foreign.seen.pings, 0);
      assert.equal(foreign.seen.connections, own.seen.connections);
      for (const end of unwatch) end();
      for (const remote of remotes) remote.close();
    });
  });

  describe('behind a connection that leads nowhere', () => {
    for (const withHealth of [false, true])
      it(`is given up though nobody pings, ${withHealth ? 'with' : 'without'} a health service`, async () => {
        using server = await startServer({}, 0, withHealth);
        using hole = await startBlackHole(server.port);
        const remote = remoteTo(hole.port, true);
        let ready = false;
        const unwatch = remote.watchReady((now) => {
          ready = now;
        });
        await remote.infer(requestFor('m'), contextOf(60_000));
        hole.swallow();
        await assert.rejects(remote.infer(requestFor('m'), contextOf(200)), { code: 'DEADLINE_EXCEEDED' });
        let answered = false;
        const ask = async (): Promise<void> => {
          while (!answered)
            await remote.infer(requestFor('m'), contextOf(500)).then(
              () => {
                answered = true;
              },
              () => {},
            );
        };
        const asking = ask();
        // Pings at the pace that such servers bear would take minutes.
        await until(() => answered && ready, 60_000);
        await asking;
        unwatch();
        remote.close();
      });
  });
});
