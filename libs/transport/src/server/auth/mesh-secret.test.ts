import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { defaultLimits, type InferError, type Principal, type TrustedCaller, trustedCaller } from '@sheaf/inference';
import { createRemote, type Remote, type Transport } from '../../index.ts';
import { contextOf, requestFor, served, until } from '../../testing/fake-model.ts';
import { createServer, type Server } from '../server.ts';

const secret = 'the-secret-of-this-mesh';
const ways: readonly Transport[] = ['unary', 'stream'];
const principal = { id: 'alice', tenant: 'a', roles: ['infer'] } as unknown as Principal;

/** On whose behalf the calls were, that came in. */
const seen: (Principal | TrustedCaller)[] = [];
const authorizations: unknown[] = [];
const openServer = async (own?: string): Promise<Server> => {
  const server = await createServer(
    { name: 'test', host: '127.0.0.1', port: 0, limits: defaultLimits, mesh: true, secret: own },
    {
      ...served,
      contentDigest: 'sha256:of-this',
      infer: async (request, context) => {
        seen.push(context.principal);
        authorizations.push(context.metadata?.('authorization'));
        return served.infer(request, context);
      },
    },
  );
  server.open();
  return server;
};

describe('a server that wants a secret', () => {
  let server: Server;
  const remotes: Remote[] = [];
  const remoteTo = (port: number, transport: Transport, shown?: string): Remote => {
    const remote = createRemote(`127.0.0.1:${port}`, { service: 's', limits: defaultLimits, transport, secret: shown });
    remotes.push(remote);
    return remote;
  };
  before(async () => {
    server = await openServer(secret);
  });
  after(async () => {
    for (const remote of remotes) remote.close();
    await server.close(1_000);
  });

  it('answers whoever shows it, to all questions, and hands it on to nobody', async () => {
    for (const way of ways) {
      const remote = remoteTo(server.port, way, secret);
      assert.equal((await remote.infer(requestFor('echo'), contextOf())).model, 'echo');
      assert.equal((await remote.describe('echo', '', 5_000)).name, 'echo');
      assert.equal(await remote.contentDigest(5_000), 'sha256:of-this');
      assert.equal(await remote.isServerReady(5_000), true);
      let isReady = false;
      const end = remote.watchReady((ready) => (isReady = ready));
      await until(() => isReady);
      end();
    }
    assert.deepEqual(new Set(authorizations), new Set([undefined]));
  });

  it('lets nobody else in, who is told that it is the secret', async () => {
    const reached = seen.length;
    for (const way of ways)
      for (const shown of [undefined, secret.slice(1), `${secret.slice(1)}x`, `${secret}x`, secret.toUpperCase()]) {
        const remote = remoteTo(server.port, way, shown);
        const asked: (() => Promise<unknown>)[] = [
          () => remote.infer(requestFor('echo'), contextOf()),
          () => remote.describe('echo', '', 5_000),
          () => remote.contentDigest(5_000),
        ];
        for (const ask of asked)
          await assert.rejects(ask(), (error: InferError) => {
            assert.deepEqual([error.code, error.reason], ['UNAVAILABLE', 'MESH_SECRET']);
            assert.equal(error.progress, 'not-begun');
            assert.equal(error.message, 'service s wants the secret of its mesh, and was shown none or another');
            return true;
          });
      }
    assert.equal(seen.length, reached);
  });

  it('believes on whose behalf a call is; one that asks for nothing does not', async () => {
    seen.length = 0;
    await remoteTo(server.port, 'stream', secret).infer(requestFor('echo'), { ...contextOf(), principal });
    const open = await openServer();
    await remoteTo(open.port, 'stream').infer(requestFor('echo'), { ...contextOf(), principal });
    assert.deepEqual(seen, [principal, trustedCaller]);
    await open.close(1_000);
  });
});
