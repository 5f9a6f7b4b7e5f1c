import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type CallContext, defaultLimits, Journal, monotonicClock, trustedCaller } from '@sheaf/inference';
import { createServer, type Server, type TlsFiles } from '@sheaf/transport';
import { createAuthority } from '../../../test/support/certificates.ts';
import { EndpointPool } from './endpoint-pool.ts';
import type { OutboundService } from './outbound-service.ts';

const service: OutboundService = {
  name: 'echo',
  endpoint: undefined,
  transport: 'stream',
};

async function openServer(host: string, port: number, tls?: TlsFiles): Promise<Server> {
  const server = await createServer(
    { name: host, host, port, limits: defaultLimits, mesh: true, tls },
    {
      infer: async ({ model }) => ({ model, version: '1', parameters: new Map([['host', host]]), outputs: [] }),
      describe: (name) => ({ name, versions: ['1'], platform: 'test', inputs: [], outputs: [] }),
      isReady: () => true,
      names: () => [],
      snapshot: () => ({ epoch: 1 }),
      onJournal: () => {},
    },
  );
  server.open();
  return server;
}

async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!what()) {
    assert.ok(performance.now() < end, 'it did not happen within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function contextOf(): CallContext {
  const journal = new Journal();
  const span = journal.start('request', 'test', undefined);
  const { signal } = new AbortController();
  return {
    deadline: monotonicClock.now() + 5_000,
    signal,
    clock: monotonicClock,
    snapshot: { epoch: 1 },
    principal: trustedCaller,
    journal,
    span,
  };
}

describe('the endpoints of a service behind a name', () => {
  it('are the addresses that the name has now, and answer as they come and go', async () => {
    const one = await openServer('127.0.0.1', 0);
    const two = await openServer('127.0.0.2', one.port);
    let addresses: readonly string[] | undefined = ['127.0.0.1'];
    const resolve = async (host: string): Promise<readonly string[]> => {
      assert.equal(host, 'echo.test');
      if (!addresses) throw new Error('no such name');
      return addresses;
    };
    const pool = new EndpointPool([`dns:///echo.test:${one.port}`], service, defaultLimits, {
      resolve,
      intervalMs: 20,
    });
    await pool.asked;
    const ready = (): string[] => pool.endpoints.filter(({ isReady }) => isReady).map(({ target }) => target);
    assert.deepEqual(ready(), [`127.0.0.1:${one.port}`]);

    addresses = ['127.0.0.1', '127.0.0.2'];
    await until(() => ready().length === 2);
    const request = { model: 'm', version: '', id: '', parameters: new Map(), inputs: [], outputs: [] };
    const answers = await Promise.all(pool.endpoints.map(({ infer }) => infer(request, contextOf())));
    assert.deepEqual(
      answers.map(({ parameters }) => parameters.get('host')),
      ['127.0.0.1', '127.0.0.2'],
    );

    addresses = undefined;
    await new Promise((done) => setTimeout(done, 100));
    assert.equal(ready().length, 2, 'a name server that is gone takes nothing away');

    addresses = ['127.0.0.2'];
    await until(() => ready().length === 1);
    assert.deepEqual(ready(), [`127.0.0.2:${one.port}`]);

    void two.announceEnd(0);
    await until(() => ready().length === 0);
    pool.close();
    await Promise.all([one.close(1_000), two.close(1_000)]);
  });

  it('show certificates with that name, whatever the addresses', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-pool-'));
    const authority = await createAuthority();
    const { certificate, key } = await authority.issue({ names: ['echo.test'] });
    const files = { ca: join(folder, 'ca.crt'), certificate: join(folder, 'own.crt'), key: join(folder, 'own.key') };
    await writeFile(files.ca, authority.certificate);
    await writeFile(files.certificate, certificate);
    await writeFile(files.key, key);
    const server = await openServer('127.0.0.1', 0, files);
    const resolve = async (): Promise<readonly string[]> => ['127.0.0.1'];
    const pools = ['echo.test', 'other.test'].map(
      (host) =>
        new EndpointPool([`dns:///${host}:${server.port}`], service, defaultLimits, { resolve, tls: { ca: files.ca } }),
    );
    await Promise.all(pools.map(({ asked }) => asked));
    assert.deepEqual(
      pools.map(({ endpoints }) => endpoints.map(({ isReady }) => isReady)),
      [[true], [false]],
    );
    for (const pool of pools) pool.close();
    await server.close(1_000);
    await rm(folder, { recursive: true });
  });
});
