import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { it } from 'node:test';
import { openServer, until } from '../testing/fake-model.ts';
import { watchHealth } from './health-watch.ts';
import { createOwnClient } from './own-client.ts';

/** Hands on all connections but the first, which is accepted and told nothing. */
async function startProxy(port: number) {
  let count = 0;
  const proxy = createServer((inside) => {
    inside.on('error', () => {});
    if (++count === 1) return;
    const outside = connect(port, '127.0.0.1').on('error', () => inside.destroy());
    inside.pipe(outside).pipe(inside);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return { port: (proxy.address() as AddressInfo).port, close: () => proxy.close() };
}

it('a watch that is told nothing is begun again on another connection, before the first is given up as one', async () => {
  const server = await openServer();
  const proxy = await startProxy(server.port);
  const client = createOwnClient({ target: `127.0.0.1:${proxy.port}`, pongMaxMs: 5_000, messageBytesMax: 1024 });
  const told: boolean[] = [];
  const unwatch = watchHealth({
    client,
    metadata: () => new Map(),
    onReady: (ready) => told.push(ready),
    probe: async () => 'not ready',
    onRefused: () => {},
    isPinged: true,
  });
  // A connection that is not made is given up after 20 s.
  await until(() => told.includes(true), 15_000);
  assert.deepEqual(told, [false, true]);
  unwatch();
  client.close();
  proxy.close();
  await server.close(1_000);
});
