/** Servers and remotes with certificates: who is let in, who is known, and what is used after files have changed. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';

import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ConnectionOptions, createServer as createTlsServer } from 'node:tls';
import { defaultLimits } from '@sheaf/inference';
import {
  type Authority,
  createAuthority,
  createSelfSigned,
  type Issued,
} from '../../../../test/support/certificates.ts';
import { type Shaken, shakeHands } from '../../../../test/support/handshake.ts';
import { createRemote, type Remote, type RemoteTls, type TlsFiles } from '../index.ts';
import { type Peer, readPeer, splitNames } from '../server/auth/peer.ts';
import { createServer, type Server } from '../server/server.ts';
import { contextOf, openServer, requestFor, served, until, untilDone } from '../testing/fake-model.ts';

let folder: string;
let ca: Authority;
let own: Issued;
let remotes: Remote[] = [];
const lines: string[] = [];
const { error, log } = console;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-tls-'));
  ca = await createAuthority();
  own = await ca.issue();
  await writeFile(file('ca.crt'), ca.certificate);
  await write('own', own);
  await write('expired', await ca.issue({ validMs: -1_000 }));
  await write('elsewhere', await ca.issue({ names: ['elsewhere.example', '10.1.2.3'] }));
  await write('self', await createSelfSigned());
  const other = await createAuthority('Other CA');
  await writeFile(file('other.crt'), other.certificate);
  await write('stranger', await other.issue());
  console.error = take;
  console.log = take;
});
after(async () => {
  console.error = error;
  console.log = log;
  await rm(folder, { recursive: true });
});

const file = (name: string): string => join(folder, name);
const pair = (name: string) => ({ certificate: file(`${name}.crt`), key: file(`${name}.key`) });
async function write(name: string, { certificate, key }: Issued): Promise<void> {
  await writeFile(file(`${name}.crt`), certificate);
  await writeFile(file(`${name}.key`), key);
}

/** Servers are numbered, since one that is closed may still tell of a handshake when the next one is asked already. */
let serverNumber = 0;
function take(line: string): void {
  const number = /^server (\d+):/.exec(line)?.[1];
  if (number === undefined || Number(number) === serverNumber) lines.push(line.replace(/^server \d+/, 'server'));
}

async function withServer(tls: Partial<TlsFiles>, work: (server: Server) => Promise<void>): Promise<void> {
  const options = { name: `server ${++serverNumber}`, host: '127.0.0.1', port: 0, limits: defaultLimits, mesh: true };
  const opened = await createServer({ ...options, tls: { ...pair('own'), ...tls } }, served);
  opened.open();
  lines.length = 0;
  try {
    await work(opened);
  } finally {
    for (const remote of remotes) remote.close();
    remotes = [];
    await opened.close(1_000);
  }
}

function remoteOf(port: number, tls: RemoteTls | undefined, transport: 'unary' | 'stream' = 'unary'): Remote {
  const remote = createRemote(`127.0.0.1:${port}`, { service: 'test', limits: defaultLimits, transport, tls });
  remotes.push(remote);
  return remote;
}
const ask = (remote: Remote, timeoutMs = 3_000) => remote.infer(requestFor('echo'), contextOf(timeoutMs));

const shake = (port: number, options: ConnectionOptions): Promise<Shaken> =>
  shakeHands(port, { ca: ca.certificate, ...options });

const mutual = (): Partial<TlsFiles> => ({ clientCa: file('ca.crt'), clientCertificate: 'require' });
const asking = (): Partial<TlsFiles> => ({ clientCa: file('ca.crt') });
const trusting = (): RemoteTls => ({ ca: file('ca.crt') });
const showing = (name: string): RemoteTls => ({ ca: file('ca.crt'), ...pair(name) });

describe('a server with TLS', () => {
  for (const transport of ['unary', 'stream'] as const) {
    it(`answers calls, and says that it is ready (${transport})`, () =>
      withServer({}, async ({ port }) => {
        const remote = remoteOf(port, trusting(), transport);
        assert.equal((await ask(remote)).model, 'echo');
        const told: boolean[] = [];
        const end = remote.watchReady((ready) => told.push(ready));
        await until(() => told.includes(true));
        end();
      }));
    it(`answers who shows a certificate of its CA where it wants one (${transport})`, () =>
      withServer(mutual(), async ({ port }) => {
        const remote = remoteOf(port, showing('own'), transport);
        assert.equal((await ask(remote)).model, 'echo');
      }));
  }

  const refused: [string, () => Partial<TlsFiles>, () => RemoteTls | undefined, RegExp][] = [
    ['plain text', () => ({}), () => undefined, /^server: .* 127\.0\.0\.1 failed: ERR_SSL_[A-Z_]+$/],
    ['a client that trusts another CA', () => ({}), () => ({ ca: file('other.crt') }), /^service test: .* UNABLE_TO_/],
    ['a client that trusts the roots of Node', () => ({}), () => ({}), /^service test: .* UNABLE_TO_/],
    [
      'a client that wants another name',
      () => ({}),
      () => ({ ca: file('ca.crt'), serverName: 'elsewhere.example' }),
      /^server: .* failed: [A-Z_]+$/,
    ],
    ['nobody while it has expired itself', () => pair('expired'), trusting, /^service test: .* CERT_HAS_EXPIRED$/],
    [
      'nobody while it has the name of another host',
      () => pair('elsewhere'),
      trusting,
      /^server: .* failed: [A-Z_]+$|^service test: .* ERR_TLS_CERT_ALTNAME_INVALID$/,
    ],
    ['a client without a certificate', mutual, trusting, /^server: .*_PEER_DID_NOT_RETURN_A_CERTIFICATE$/],
    ['a self-signed client', mutual, () => showing('self'), /^server: .* DEPTH_ZERO_SELF_SIGNED_CERT$/],
    ['a client of another CA', mutual, () => showing('stranger'), /^server: .* UNABLE_TO_VERIFY_LEAF_SIGNATURE$/],
    ['a client that has expired', mutual, () => showing('expired'), /^server: .* CERT_HAS_EXPIRED$/],
    [
      'a self-signed client where it only asks',
      asking,
      () => showing('self'),
      /^server: .* DEPTH_ZERO_SELF_SIGNED_CERT$/,
    ],
    ['a client that has expired where it only asks', asking, () => showing('expired'), /^server: .* CERT_HAS_EXPIRED$/],
  ];
  for (const [name, tls, by, line] of refused) {
    for (const transport of ['unary', 'stream'] as const) {
      it(`refuses ${name}, told once (${transport})`, () =>
        withServer(tls(), async ({ port }) => {
          const remote = remoteOf(port, by(), transport);
          for (let round = 0; round < 3; round++)
            await assert.rejects(ask(remote), { code: 'UNAVAILABLE', message: 'service test cannot be reached' });
          await until(() => lines.some((told) => line.test(told)));
          assert.ok(lines.filter((told) => told.startsWith('server')).length <= 1, lines.join('\n'));
          assert.ok(lines.filter((told) => told.startsWith('service')).length <= 1, lines.join('\n'));
          assert.ok(!lines.join().includes('/'), lines.join('\n'));
        }));
    }
  }

  it('is refused as cleanly where it speaks plain text and the client TLS', async () => {
    const server = await openServer();
    await assert.rejects(ask(remoteOf(server.port, trusting())), { code: 'UNAVAILABLE' });
    assert.equal((await ask(remoteOf(server.port, undefined))).model, 'echo');
    for (const remote of remotes.splice(0)) remote.close();
    await server.close(1_000);
  });

  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const handshakes: [string, ConnectionOptions, boolean][] = [
    ['TLS 1.3', { minVersion: 'TLSv1.3' }, true],
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }, true],
    ['TLS 1.1', old, false],
    ['the name of its certificate', { servername: 'localhost' }, true],
    ['a name that is not its own', { servername: 'unknown.example', rejectUnauthorized: false }, false],
    ['no protocol of its own', { ALPNProtocols: ['http/1.1'] }, false],
  ];
  for (const [name, options, isTaken] of handshakes) {
    it(`${isTaken ? 'takes' : 'refuses'} a handshake with ${name}`, () =>
      withServer({}, async ({ port }) => {
        const { socket, code } = await shake(port, options);
        assert.equal(code === undefined, isTaken, String(code));
        socket.destroy();
        assert.equal((await ask(remoteOf(port, trusting()))).model, 'echo');
        if (isTaken) assert.deepEqual(lines, []);
        else assert.match(lines.join(), /^server: a TLS handshake with 127\.0\.0\.1 failed: [A-Z0-9_]+$/);
      }));
  }

  it('does not shake hands again on a connection, nor takes up an old session', () =>
    withServer({}, async ({ port }) => {
      const sessions: Buffer[] = [];
      const { socket } = await shake(port, { maxVersion: 'TLSv1.2' });
      const again = new Promise((resolve) => {
        socket.renegotiate({ rejectUnauthorized: false }, (failure) => resolve(failure ? 'refused' : 'done'));
        socket.on('error', () => resolve('refused')).on('close', () => resolve('refused'));
        setTimeout(() => resolve('nothing'), 500);
      });
      assert.notEqual(await again, 'done');
      const session = socket.getSession();
      socket.destroy();
      if (session) sessions.push(session);
      for (const one of sessions) {
        const { socket: next, code } = await shake(port, { maxVersion: 'TLSv1.2', session: one });
        assert.deepEqual([code, next.isSessionReused()], [undefined, false]);
        next.destroy();
      }
    }));

  it('lives on after what is no handshake', () =>
    withServer(mutual(), async ({ port }) => {
      const hello = Buffer.from('16030100', 'hex');
      for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(70_000, 0x16), hello, Buffer.alloc(0)]) {
        await new Promise<void>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
          socket.on('error', () => {}).on('close', () => resolve());
          socket.resume();
        });
      }
      assert.equal((await ask(remoteOf(port, showing('own')))).model, 'echo');
      assert.equal(lines.length, 1, lines.join('\n'));
    }));

  it('knows the peer that its CA vouches for, and nobody else', async () => {
    const known: (Peer | undefined)[] = [];
    const server = createTlsServer({
      ALPNProtocols: ['h2'],
      cert: own.certificate,
      key: own.key,
      ca: ca.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    });
    server.on('secureConnection', (socket) => void known.push(socket.authorized ? readPeer(socket) : undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const scanner = await ca.issue({ commonName: 'scanner', names: ['scanner.example', 'spiffe://example/scanner'] });
    const self = await createSelfSigned();
    for (const who of [scanner, self, undefined]) {
      const shown = who ? { cert: who.certificate, key: who.key } : {};
      (await shake(port, shown)).socket.destroy();
    }
    server.close();
    const { fingerprint256, validTo } = new X509Certificate(scanner.certificate);
    const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase();
    const alternativeNames = ['DNS:scanner.example', 'URI:spiffe://example/scanner'];
    const [first, ...others] = known;
    assert.deepEqual(first, {
      commonName: 'scanner',
      alternativeNames,
      fingerprint,
      expiresAt: Date.parse(validTo),
    });
    assert.deepEqual(others, [undefined, undefined]);
    assert.deepEqual(splitNames('DNS:a, DNS:"b, DNS:c", IP Address:::1'), ['DNS:a', 'DNS:b, DNS:c', 'IP Address:::1']);
  });

  it('uses new files for new connections, and loses no call and no connection', () =>
    withServer(mutual(), async ({ port }) => {
      const serials: string[] = [];
      const remote = remoteOf(port, showing('own'), 'stream');
      let isOver = false;
      const calls = (async () => {
        for (let count = 0; ; count++) {
          if (isOver) return count;
          await ask(remote);
        }
      })();
      const serialNow = async (): Promise<string> => {
        const { socket, serial = '' } = await shake(port, { cert: own.certificate, key: own.key });
        socket.destroy();
        return serial;
      };
      serials.push(await serialNow());
      const next = await ca.issue();
      await write('own', next);
      await until(() => lines.length > 0);
      serials.push(await serialNow());
      isOver = true;
      assert.ok((await calls) > 100);
      assert.deepEqual(serials, [own.serial, next.serial]);
      own = next;
    }));

  it('keeps its connections when its certificate expires, and takes new ones when there is another', async () => {
    await write('short', await ca.issue({ validMs: 2_000 }));
    await withServer(pair('short'), async ({ port }) => {
      const open = remoteOf(port, trusting(), 'stream');
      await ask(open);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const late = remoteOf(port, trusting());
      await assert.rejects(ask(late), { code: 'UNAVAILABLE' });
      assert.match(lines.join(), /CERT_HAS_EXPIRED/);
      await ask(open);
      await write('short', await ca.issue());
      await untilDone(() => ask(late));
      await ask(open);
    });
  });
});
