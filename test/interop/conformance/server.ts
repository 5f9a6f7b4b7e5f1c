/** The server that connectconformance tests: one of ours with the service of the suite on it. It is told on standard input what it is to be. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimits } from '@sheaf/inference';
import { createServer, type TlsFiles } from '@sheaf/transport';
import { served } from '../../../libs/transport/src/testing/fake-model.ts';
import { incoming, send } from './pipe.ts';
import { messageOf } from './protos.ts';
import { conformanceMethods } from './service.ts';

interface Order {
  readonly useTls: boolean;
  readonly clientTlsCert: Buffer;
  readonly messageReceiveLimit: number;
  readonly serverCreds: { readonly cert: Buffer; readonly key: Buffer } | null;
}

const folder = mkdtempSync(join(tmpdir(), 'sheaf-conformance-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

function file(name: string, pem: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, pem);
  return path;
}

function tlsOf({ useTls, clientTlsCert, serverCreds }: Order): TlsFiles | undefined {
  if (!useTls || !serverCreds) return undefined;
  const own = { certificate: file('own.crt', serverCreds.cert), key: file('own.key', serverCreds.key) };
  if (clientTlsCert.length === 0) return own;
  return { ...own, clientCa: file('ca.crt', clientTlsCert), clientCertificate: 'require' };
}

const { value: bytes } = await incoming().next();
const order = messageOf<Order>('ServerCompatRequest').decode(bytes ?? Buffer.alloc(0));
const messageBytesMax = order.messageReceiveLimit || defaultLimits.messageBytesMax;
const limits = { ...defaultLimits, messageBytesMax };
const server = await createServer(
  {
    ...{ name: 'conformance', host: '127.0.0.1', port: 0, limits, tls: tlsOf(order) },
    protocols: [() => ({ methods: conformanceMethods() })],
  },
  { ...served, onJournal: () => {} },
);
server.open();
const pemCert = order.useTls ? order.serverCreds?.cert : undefined;
send(messageOf('ServerCompatResponse').encode({ host: '127.0.0.1', port: server.port, pemCert }));
process.once('SIGTERM', () => process.exit());
