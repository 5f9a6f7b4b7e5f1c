/** A caller of a server that tells whom its calls come from, for the tests of this room. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Socket } from 'node:net';
import { defaultLimits } from '@sheaf/inference';
import { inferPath } from '../proto.ts';
import type { ConnectionPolicy } from '../server/connections/arrivals.ts';
import { headBytes, writeHead } from '../server/framing.ts';
import { createServer, type Server, type ServerOptions } from '../server/server.ts';
import { encodeRequest } from '../wire/codec.ts';
import { requestFor, served } from './fake-model.ts';

const frameOf = (message: Uint8Array): Buffer => writeHead(Buffer.concat([Buffer.alloc(headBytes), message]));
const principal = { name: 'a', tenant: 't', roles: ['caller'] } as never;

/** A server that tells whom its calls come from; `lines` is what it logs. */
export async function withServer(
  connections: ConnectionPolicy,
  work: (server: Server, seen: { readonly addresses: string[]; readonly lines: string[] }) => Promise<void>,
  more: Partial<ServerOptions> = {},
): Promise<void> {
  const seen = { addresses: [] as string[], lines: [] as string[] };
  const { error } = console;
  console.error = (line: string) => seen.lines.push(line);
  const options = { name: 'server', host: '127.0.0.1', port: 0, limits: defaultLimits, connections, ...more };
  const server = await createServer(options, {
    ...served,
    admit: ({ address = '' }) => {
      seen.addresses.push(address);
      return principal;
    },
  });
  server.open();
  try {
    await work(server, seen);
  } finally {
    console.error = error;
    await server.close(1_000);
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
