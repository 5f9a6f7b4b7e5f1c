import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { openMetricsServer, wantsOpenMetrics } from './door.ts';

async function open(scrape: (openmetrics: boolean) => Promise<Iterable<Uint8Array>>) {
  const told = { refused: 0 };
  const server = await openMetricsServer({ host: '127.0.0.1', port: 0, scrape, onRefused: () => told.refused++ });
  const get = (path = '/metrics', init: RequestInit = {}) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { server, get, told, [Symbol.dispose]: () => server.close() };
}

const plain = async () => [Buffer.from('a 1\n'), Buffer.from('b 2\n')];

describe('the server of metrics', () => {
  it('answers GET and HEAD of /metrics, and nothing else', async () => {
    using door = await open(plain);
    assert.equal(await (await door.get()).text(), 'a 1\nb 2\n');
    assert.equal(await (await door.get('/metrics?x=1', { method: 'HEAD' })).text(), '');
    const refused = [door.get('/'), door.get('/metricsx'), door.get('/metrics', { method: 'POST', body: 'x' })];
    assert.deepEqual(
      (await Promise.all(refused)).map(({ status }) => status),
      [404, 404, 405],
    );
  });

  it('writes OpenMetrics for whoever asks for it, as Prometheus does', () => {
    const prometheus =
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1';
    assert.deepEqual(
      [prometheus, 'application/openmetrics-text', 'text/plain', '*/*', '', 'application/openmetrics-text;q=0'].map(
        wantsOpenMetrics,
      ),
      [true, true, false, false, false, false],
    );
  });

  it('refuses scrapes while others are under way, and counts them', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    using door = await open(async () => {
      await promise;
      return plain();
    });
    const all = Array.from({ length: 10 }, () => door.get());
    const refused = await Promise.all(
      all.map((one) =>
        Promise.race([one, promise.then(() => undefined)]).then((answer) => {
          if (answer?.status === 503 && door.told.refused === 6) resolve();
          return answer;
        }),
      ),
    );
    assert.equal(refused.filter((answer) => answer?.status === 503).length, 6);
    assert.deepEqual(
      (await Promise.all(all)).map(({ status }) => status).sort(),
      [200, 200, 200, 200, 503, 503, 503, 503, 503, 503],
    );
  });

  it('answers others while somebody does not read', async () => {
    const large = Buffer.alloc(1024 * 1024, 'x');
    using door = await open(async () => Array.from({ length: 64 }, () => large));
    const socket = connect(door.server.port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    socket.pause().write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    assert.equal((await (await door.get()).arrayBuffer()).byteLength, 64 * large.length);
    socket.destroy();
  });

  it("says that its port is somebody else's", async () => {
    using door = await open(plain);
    const { port } = door.server;
    await assert.rejects(openMetricsServer({ host: '127.0.0.1', port, scrape: plain, onRefused: () => {} }), {
      code: 'FAILED_PRECONDITION',
      message: `metrics cannot be served on 127.0.0.1:${port}: somebody else has the port`,
    });
  });
});
