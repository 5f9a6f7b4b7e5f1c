/** A server for tests that answers every call with what it got, or as its test says. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { encodeHeaders } from '../hpack/encoder.ts';
import { acceptConnection } from '../server.ts';
import type {
  ConnectionOptions,
  HeaderList,
  ServerConnection,
  ServerStream,
  StreamEnd,
  StreamHandler,
} from '../types.ts';

export const okHeaders = encodeHeaders([
  [':status', '200'],
  ['content-type', 'application/grpc'],
]);
export const okTrailers = encodeHeaders([['grpc-status', '0']]);

/** A call as its handler saw it. */
export interface SeenCall {
  readonly stream: ServerStream;
  readonly headers: HeaderList;
  bytes: number;
  trailers?: HeaderList | undefined;
  end?: StreamEnd;
}

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly calls: SeenCall[];
  readonly connections: ServerConnection[];
  /** Why connections were closed, as far as that was told. */
  readonly closed: (string | undefined)[];
  readonly failures: unknown[];
}

/** Sends back each piece as it comes, and ends with trailers. */
export function echo(stream: ServerStream): StreamHandler {
  stream.respond(okHeaders);
  return {
    data(chunk) {
      stream.write(chunk);
    },
    end() {
      stream.end(okTrailers);
    },
    close() {},
  };
}

export async function openTestServer(
  answer: (stream: ServerStream) => StreamHandler = echo,
  options: ConnectionOptions = {},
): Promise<TestServer> {
  const calls: SeenCall[] = [];
  const connections: ServerConnection[] = [];
  const closed: (string | undefined)[] = [];
  const failures: unknown[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const connection = acceptConnection(socket, options, {
      stream(stream) {
        const call: SeenCall = { stream, headers: stream.headers, bytes: 0 };
        calls.push(call);
        const handler = answer(stream);
        return {
          data(chunk) {
            call.bytes += chunk.length;
            handler.data(chunk);
          },
          end(trailers) {
            call.trailers = trailers;
            handler.end(trailers);
          },
          close(end) {
            call.end = end;
            handler.close(end);
          },
          drain: () => handler.drain?.(),
        };
      },
      failed: (error) => failures.push(error),
      close: (why) => closed.push(why),
    });
    connections.push(connection);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    connections,
    closed,
    failures,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
