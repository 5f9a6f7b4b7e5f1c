/** haproxy in front of a server: whom it says that a call is of, by the PROXY protocol and by headers. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { defaultLimits } from '@sheaf/inference';
import { freePort } from '@sheaf/supervisor';
import { createServer, type ServerOptions } from '@sheaf/transport';
import { createAuthority } from '../support/certificates.ts';
import { waitFor } from '../support/wait-for.ts';

const installed = spawnSync('haproxy', ['-v']).status === 0;
/** Where everything is required the test runs, and fails. */
const skip = installed || process.env['SHEAF_INTEROP'] === 'required' ? false : 'haproxy is not installed';

/** Those of the proxy and of its callers differ, so that they can be told apart. */
const proxyAddress = '127.0.0.1';
const callerAddress = '127.0.0.5';
const trusted = { trustedProxies: [proxyAddress] };

interface Seen extends AsyncDisposable {
  readonly port: number;
  readonly addresses: string[];
}

/** A server that tells whom each of its calls comes from. */
async function openServer(options: Pick<ServerOptions, 'connections' | 'tls'>): Promise<Seen> {
  const addresses: string[] = [];
  const server = await createServer(
    { name: 'sheaf', host: '127.0.0.1', port: 0, limits: defaultLimits, ...options },
    {
      infer: () => Promise.reject(new Error('nobody asks')),
      describe: () => assert.fail('nobody asks'),
      isReady: () => true,
      names: () => [],
      snapshot: () => ({ epoch: 1 }),
      onJournal: () => {},
      admit: ({ address = '' }) => {
        addresses.push(address);
        return { name: 'a', tenant: 't', roles: [] } as never;
      },
    },
  );
  server.open();
  return { port: server.port, addresses, [Symbol.asyncDispose]: () => server.close(1_000) };
}

/** Starts haproxy before a server; answers its port once it listens. */
async function proxyTo(
  server: Seen,
  mode: 'tcp' | 'http',
  serverOptions: string,
  rules = '',
): Promise<{ port: number } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-haproxy-'));
  const port = await freePort();
  const config = join(folder, 'haproxy.cfg');
  await writeFile(
    config,
    `global
  maxconn 100
defaults
  mode ${mode}
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen sheaf
  bind 127.0.0.1:${port}${mode === 'http' ? ' proto h2' : ''}
${rules}
  server sheaf 127.0.0.1:${server.port} ${serverOptions}
`,
  );
  const proxy = spawn('haproxy', ['-db', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  proxy.stderr.on('data', (chunk: Buffer) => (told += chunk));
  const listens = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  await waitFor(listens, () => told);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      proxy.kill('SIGKILL');
      await once(proxy, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

/** Asks whether the server is live, and answers the status. */
async function ask(port: number, headers: Record<string, string> = {}, ca?: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: callerAddress });
  const carried = ca === undefined ? socket : connectTls({ socket, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] });
  const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${port}`, { createConnection: () => carried });
  const failed = once(session, 'error').then(([error]) => String(error));
  const stream = session.request({
    ':method': 'POST',
    ':path': '/inference.GRPCInferenceService/ServerLive',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let status = 'none';
  const note = (received: Record<string, unknown>): void => {
    status = String(received['grpc-status'] ?? status);
  };
  stream
    .on('error', () => {})
    .on('response', note)
    .on('trailers', note)
    .resume()
    .end(Buffer.alloc(5));
  const closed = new Promise<string>((resolve) => stream.once('close', () => resolve(status)));
  const answer = await Promise.race([closed, failed]);
  session.destroy();
  return answer;
}

describe('haproxy in front of a server', { skip }, () => {
  for (const [version, setting] of [
    ['v1', 'send-proxy'],
    ['v2', 'send-proxy-v2'],
    ['any', 'send-proxy-v2-ssl-cn'],
  ] as const)
    it(`says by the PROXY protocol whom a connection is of (${setting})`, async () => {
      await using server = await openServer({ connections: { ...trusted, proxyProtocol: version } });
      // It also asks whether the server is there, on its own behalf.
      await using proxy = await proxyTo(server, 'tcp', `${setting} check inter 50ms`);
      for (const _ of [1, 2]) assert.equal(await ask(proxy.port, { 'x-forwarded-for': '198.51.100.1' }), '0');
      assert.deepEqual(server.addresses, [callerAddress, callerAddress]);
    });

  it('says so before TLS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-haproxy-tls-'));
    const authority = await createAuthority();
    const { certificate, key } = await authority.issue();
    const tls = { certificate: join(folder, 'gateway.crt'), key: join(folder, 'gateway.key') };
    await Promise.all([writeFile(tls.certificate, certificate), writeFile(tls.key, key)]);
    await using server = await openServer({ connections: { ...trusted, proxyProtocol: 'any' }, tls });
    for (const setting of ['send-proxy', 'send-proxy-v2']) {
      await using proxy = await proxyTo(server, 'tcp', setting);
      assert.equal(await ask(proxy.port, {}, authority.certificate), '0');
    }
    assert.deepEqual(server.addresses, [callerAddress, callerAddress]);
    await rm(folder, { recursive: true });
  });

  it('says by X-Forwarded-For whom a call is of, after whatever the caller wrote there', async () => {
    await using server = await openServer({ connections: trusted });
    await using proxy = await proxyTo(server, 'http', 'proto h2', '  option forwardfor');
    assert.equal(await ask(proxy.port), '0');
    assert.equal(await ask(proxy.port, { 'x-forwarded-for': '198.51.100.1' }), '0');
    assert.equal(await ask(proxy.port, { forwarded: 'for=198.51.100.1' }), '0');
    assert.deepEqual(server.addresses, [callerAddress, callerAddress, callerAddress]);
  });

  it('says so by Forwarded', async () => {
    await using server = await openServer({ connections: { ...trusted, forwardedHeader: 'forwarded' } });
    await using proxy = await proxyTo(
      server,
      'http',
      'proto h2',
      '  http-request add-header forwarded for=%[src];proto=http',
    );
    assert.equal(await ask(proxy.port, { 'x-forwarded-for': '198.51.100.1' }), '0');
    assert.equal(await ask(proxy.port, { forwarded: 'for="198.51.100.1' }), '0');
    assert.deepEqual(server.addresses, [callerAddress, callerAddress]);
  });

  it('is not believed where the server does not trust it, and gets no connection where the PROXY protocol is wanted', async () => {
    await using server = await openServer({ connections: { trustedProxies: ['10.0.0.0/8'] } });
    await using proxy = await proxyTo(server, 'http', 'proto h2', '  option forwardfor');
    assert.equal(await ask(proxy.port), '0');
    assert.deepEqual(server.addresses, [proxyAddress]);
    await using strict = await openServer({ connections: { trustedProxies: ['10.0.0.0/8'], proxyProtocol: 'any' } });
    await using other = await proxyTo(strict, 'tcp', 'send-proxy');
    assert.notEqual(await ask(other.port), '0');
    assert.deepEqual(strict.addresses, []);
  });
});
