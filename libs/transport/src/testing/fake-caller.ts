/** A caller of a door that tells whom its calls come from, for the tests of this room. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Socket } from 'node:net';
import { defaultLimits } from '@sheaf/inference';
import type { DoorConnections } from '../arrivals.ts';
import { createDoor, type Door, type DoorOptions } from '../door.ts';
import { inferPath } from '../proto.ts';
import { headBytes, writeHead } from '../unary-message.ts';
import { encodeRequest } from '../wire/codec.ts';
import { requestFor, served } from './fake-model.ts';

const frameOf = (message: Uint8Array): Buffer => writeHead(Buffer.concat([Buffer.alloc(headBytes), message]));
const principal = { name: 'a', tenant: 't', roles: ['caller'] } as never;

/** A door that tells whom its calls come from; `lines` is what it logs. */
export async function withDoor(
  connections: DoorConnections,
  work: (door: Door, seen: { readonly addresses: string[]; readonly lines: string[] }) => Promise<void>,
  more: Partial<DoorOptions> = {},
): Promise<void> {
  const seen = { addresses: [] as string[], lines: [] as string[] };
  const { error } = console;
  console.error = (line: string) => seen.lines.push(line);
  const options = { name: 'door', host: '127.0.0.1', port: 0, limits: defaultLimits, connections, ...more };
  const door = await createDoor(options, {
    ...served,
    admit: ({ address = '' }) => {
      seen.addresses.push(address);
      return principal;
    },
  });
  door.open();
  try {
    await work(door, seen);
  } finally {
    console.error = error;
    await door.close(1_000);
  }
}

export function call(
  client: ClientHttp2Session,
  model: string,
  headers: Record<string, string> = {},
  id = '',
): ClientHttp2Stream {
  const stream = client.request({
    ':method': 'POST',
    ':path': inferPath,
    'content-type': 'application/grpc',
    ...headers,
  });
  stream.on('error', () => {});
  return stream.end(frameOf(encodeRequest(requestFor(model, { id }))));
}

export async function statusOf(stream: ClientHttp2Stream): Promise<string> {
  let status = 'none';
  const note = (told: Record<string, unknown>): void => {
    status = String(told['grpc-status'] ?? status);
  };
  stream.on('response', note).on('trailers', note).resume();
  await new Promise((resolve) => stream.once('close', resolve));
  return status;
}

/** One that has greeted. */
export async function client(port: number, socket?: Socket): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, socket && { createConnection: () => socket });
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return session;
}
