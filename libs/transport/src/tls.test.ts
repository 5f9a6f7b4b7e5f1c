/** Doors and remotes with certificates: who is let in, who is known, and what is used after files have changed. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { defaultLimits } from '@sheaf/inference';
import { type Authority, createAuthority, createSelfSigned, type Issued } from '../../../test/support/certificates.ts';
import { createDoor, type Door } from './door.ts';
import { contextOf, requestFor, served, until, untilDone } from './fake-model.ts';
import { createRemote, type Remote, type RemoteTls, type TlsFiles } from './index.ts';

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
  console.error = (line: string) => lines.push(line);
  console.log = (line: string) => lines.push(line);
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

async function withDoor(tls: Partial<TlsFiles>, work: (door: Door) => Promise<void>): Promise<void> {
  const options = { name: 'door', host: '127.0.0.1', port: 0, limits: defaultLimits, mesh: true };
  const door = await createDoor({ ...options, tls: { ...pair('own'), ...tls } }, served);
  door.open();
  lines.length = 0;
  try {
    await work(door);
  } finally {
    for (const remote of remotes) remote.close();
    remotes = [];
    await door.close(1_000);
  }
}

function remoteOf(port: number, tls: RemoteTls | undefined, transport: 'unary' | 'stream' = 'unary'): Remote {
  const remote = createRemote(`127.0.0.1:${port}`, { service: 'test', limits: defaultLimits, transport, tls });
  remotes.push(remote);
  return remote;
}
const ask = (remote: Remote, timeoutMs = 3_000) => remote.infer(requestFor('echo'), contextOf(timeoutMs));

/** What becomes of a handshake, and of the connection soon after. */
function shake(port: number, options: ConnectionOptions): Promise<{ socket: TLSSocket; code: string | undefined }> {
  return new Promise((resolve) => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: ca.certificate, ALPNProtocols: ['h2'], ...options });
    const finish = (code: string | undefined): void => {
      resolve({ socket, code });
      if (code !== undefined) socket.destroy();
    };
    socket.on('error', (failure: NodeJS.ErrnoException) => finish(failure.code));
    socket.on('close', () => finish('closed'));
    socket.on('secureConnect', () => setTimeout(() => finish(undefined), 200));
    socket.resume();
  });
}

const mutual = { clientCa: '', clientCertificate: 'require' } as const;
const mutualOf = (): Partial<TlsFiles> => ({ ...mutual, clientCa: file('ca.crt') });

describe('a door with TLS', () => {
  for (const transport of ['unary', 'stream'] as const) {
    it(`answers calls, and says that it is ready (${transport})`, () =>
      withDoor({}, async ({ port }) => {
        const remote = remoteOf(port, { ca: file('ca.crt') }, transport);
        assert.equal((await ask(remote)).model, 'echo');
        const told: boolean[] = [];
        const end = remote.watchReady((ready) => told.push(ready));
        await until(() => told.includes(true));
        end();
      }));
    it(`answers who shows a certificate of its CA where it wants one (${transport})`, () =>
      withDoor(mutualOf(), async ({ port }) => {
        const remote = remoteOf(port, { ca: file('ca.crt'), ...pair('own') }, transport);
        assert.equal((await ask(remote)).model, 'echo');
      }));
  }

  const refused: [string, Partial<TlsFiles>, () => RemoteTls | undefined, RegExp[]][] = [
    ['plain text', {}, () => undefined, [/door: a TLS handshake with 127\.0\.0\.1 failed: ERR_SSL_/]],
    ['a client that trusts another CA', {}, () => ({ ca: file('other.crt') }), [/the TLS handshake failed: [A-Z_]+$/, /door/]],
  ];
  for (const [name, tls, by, wanted] of refused) {
    it(`refuses ${name}, once in the log`, () =>
      withDoor(tls, async ({ port }) => {
        for (let round = 0; round < 3; round++) await assert.rejects(ask(remoteOf(port, by())), { code: 'UNAVAILABLE' });
        await until(() => wanted.every((line) => lines.some((told) => line.test(told))));
        console.info(lines);
        assert.equal((await ask(remoteOf(port, { ca: file('ca.crt') }))).model, 'echo');
      }));
  }
});
