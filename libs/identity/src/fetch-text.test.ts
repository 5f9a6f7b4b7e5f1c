/** Keys from an issuer inside a company: https with an authority of its own, and behind a proxy. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { monotonicClock } from '@sheaf/inference';
import { createDevelopmentCertificates } from './development-certificates.ts';
import { createAuthenticate } from './index.ts';
import { createKeySources } from './key-source.ts';
import { bearer, createSigningKey, issuerOf, noon, sign } from './testing/fake-issuer.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-issuer-'));
const { ca, gateway } = await createDevelopmentCertificates({ days: 2, hosts: ['localhost', 'issuer.example'] });
const { ca: other } = await createDevelopmentCertificates({ days: 2, hosts: ['localhost'] });
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, ca.certificate);

const key = await createSigningKey('one');
const good = bearer(await sign(key));

const issuer = createServer({ cert: gateway.certificate, key: gateway.key }, (_, response) =>
  response.end(JSON.stringify({ keys: [key.jwk] })),
);
/** Of whom it was asked for. */
const tunnels: string[] = [];
const proxy = createProxy().on('connect', (request, client) => {
  tunnels.push(request.url ?? '');
  const upstream = connect((issuer.address() as AddressInfo).port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    client.pipe(upstream).pipe(client);
  });
  for (const socket of [client, upstream]) socket.on('error', () => upstream.destroy());
});
for (const server of [issuer, proxy]) await once(server.listen(0, '127.0.0.1'), 'listening');
const portOf = (server: typeof issuer | typeof proxy): number => (server.address() as AddressInfo).port;
after(() => {
  for (const server of [issuer, proxy]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

function ask(url: string, file: string | undefined, env: NodeJS.ProcessEnv = {}) {
  const told: string[] = [];
  const keySources = createKeySources({ clock: monotonicClock, env, log: (line) => told.push(line) });
  const spec = { keys: true, jwt: [issuerOf(url, { ca: file })], certificates: [], anonymous: undefined };
  const authenticate = createAuthenticate(spec, { keys: () => new Map(), now: () => noon, keySources });
  return { told, answer: Promise.resolve(authenticate(good)) };
}

describe('an issuer with an authority of its own', () => {
  const url = `https://localhost:${portOf(issuer)}/keys`;

  it('is asked when `ca` names that authority', async () => {
    assert.equal((await ask(url, caFile).answer).tenant, 'acme');
  });

  it('is not trusted without it, nor with another, and the log says what to name', async () => {
    const otherFile = join(folder, 'other.pem');
    writeFileSync(otherFile, other.certificate);
    for (const file of [undefined, otherFile]) {
      const { told, answer } = ask(url, file);
      await assert.rejects(answer, { code: 'UNAVAILABLE', reason: 'IDENTITY_UNAVAILABLE' });
      assert.match(told.join(), /if it has an authority of its own, name that in `ca`/);
    }
  });

  it('is asked with what stands in the file then', async () => {
    const file = join(folder, 'renewed.pem');
    writeFileSync(file, other.certificate);
    await assert.rejects(ask(url, file).answer);
    writeFileSync(file, ca.certificate);
    assert.equal((await ask(url, file).answer).tenant, 'acme');
  });
});

describe('an issuer behind a proxy', () => {
  const url = `https://issuer.example:${portOf(issuer)}/keys`;
  const address = `http://127.0.0.1:${portOf(proxy)}`;

  it('is asked through HTTPS_PROXY, in either case', async () => {
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      tunnels.length = 0;
      assert.equal((await ask(url, caFile, { [name]: address }).answer).tenant, 'acme');
      assert.deepEqual(tunnels, [`issuer.example:${portOf(issuer)}`]);
    }
  });

  it('is asked without it where NO_PROXY names the host, and on loopback always', async () => {
    tunnels.length = 0;
    const env = { HTTPS_PROXY: address, NO_PROXY: '.example' };
    // Nobody resolves that name.
    await assert.rejects(ask(url, caFile, env).answer, { reason: 'IDENTITY_UNAVAILABLE' });
    const near = ask(`https://localhost:${portOf(issuer)}/keys`, caFile, { HTTPS_PROXY: address });
    assert.equal((await near.answer).tenant, 'acme');
    assert.deepEqual(tunnels, []);
  });
});
