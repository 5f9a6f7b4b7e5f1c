/** Connections that say next to nothing: what is left of them at both servers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { isRight, openFiles, openTargets, type Target, type Targets } from '../faults/target.ts';
import { endHeaders, frame, headerBlock, inferHeaders } from '../support/raw-http2.ts';
import { waitFor } from '../support/wait-for.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const settings = frame('settings', 0, 0, Buffer.alloc(0));
const greeting = Buffer.concat([preface, settings]);
const headersOf = (...changes: (readonly [string, string])[]): Buffer =>
  frame(
    'headers',
    endHeaders,
    1,
    headerBlock(
      inferHeaders().map(([key, value]) => changes.find(([name]) => name === key) ?? ([key, value] as const)),
    ),
  );

/** What is said before all is silence; each with whether that is inside of TLS. */
const silences: readonly { readonly says: Buffer; readonly beforeTls?: boolean }[] = [
  { says: Buffer.alloc(0), beforeTls: true }, // nothing
  { says: Buffer.from([22, 3, 1, 2, 0, 1, 0]), beforeTls: true }, // half a handshake
  { says: Buffer.alloc(0) }, // nothing of HTTP/2
  { says: preface.subarray(0, 10) }, // half a preface
  { says: preface }, // a preface without SETTINGS
  { says: greeting }, // no call
  { says: Buffer.concat([greeting, headersOf()]) }, // a call without a request
  { says: Buffer.concat([greeting, headersOf([':method', 'PUT'])]) }, // a refused call without an end
];
/** Of each kind. */
const count = 5;

/** A connection whose peer never closes its side. */
async function speak({ address }: Target, says: Buffer, beforeTls: boolean): Promise<Socket> {
  const raw = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  await once(raw, 'connect');
  if (address.ca === undefined || beforeTls) raw.resume().write(says);
  else {
    const inner = connectTls({ socket: raw, host: '127.0.0.1', ca: address.ca, ALPNProtocols: ['h2'] });
    await once(
      inner.on('error', () => {}),
      'secureConnect',
    );
    inner.resume().write(says);
  }
  return raw;
}

let targets: Targets;
before(async () => {
  targets = await openTargets();
});
after(async () => {
  await targets?.[Symbol.asyncDispose]();
});

describe('connections that are silent', () => {
  it('are closed in their time, however they are silent, also those that do not close their side', async () => {
    const servers = [targets.gateway, targets.service];
    for (const server of servers) assert.ok(await isRight(server));
    const files = servers.map(({ pid }) => openFiles(pid));
    const sockets = await Promise.all(
      servers.flatMap((server) =>
        silences.flatMap(({ says, beforeTls = false }) =>
          Array.from({ length: count }, () => speak(server, says, beforeTls)),
        ),
      ),
    );
    try {
      const left = (): string =>
        servers.map(({ pid }, index) => `${openFiles(pid) - (files[index] ?? 0)} files`).join();
      await waitFor(() => servers.every(({ pid }, index) => openFiles(pid) <= (files[index] ?? 0) + 2), left, 60_000);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    for (const server of servers) assert.ok(await isRight(server));
  });
});
