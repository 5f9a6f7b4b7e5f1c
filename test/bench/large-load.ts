/** Large messages, one after the other on one connection, by the client of `libs/http2`, whose windows never stop an answer. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { type ClientConnection, encodeHeaders, type Field, openConnection } from '@sheaf/http2';

export interface LargeLoad {
  readonly port: number;
  /** With the head that gRPC puts before it; as much has to come back. */
  readonly message: Buffer;
  readonly fields: readonly Field[];
  readonly seconds: number;
}

/** How long each call took, in milliseconds. */
export async function largeLoad({ port, message, fields, seconds }: LargeLoad): Promise<number[]> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const connection = openConnection(socket, {}, { close() {} });
  const headers = encodeHeaders([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', '/inference.GRPCInferenceService/ModelInfer'],
    [':authority', '127.0.0.1'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ...fields,
  ]);
  const call = (): Promise<void> => callOnce(connection, headers, message);
  const times: number[] = [];
  const end = performance.now() + seconds * 1_000;
  for (let now = performance.now(); now < end; ) {
    await call();
    const after = performance.now();
    times.push(after - now);
    now = after;
  }
  connection.destroy();
  return times;
}

function callOnce(
  connection: ClientConnection,
  headers: ReturnType<typeof encodeHeaders>,
  message: Buffer,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const stream = connection.request(headers, {
      headers() {},
      data(chunk) {
        bytes += chunk.length;
      },
      end() {},
      close: ({ kind }) =>
        kind === 'done' && bytes >= message.length
          ? resolve()
          : reject(new Error(`${bytes} bytes came back, the stream is ${kind}`)),
    });
    stream.write(message);
    stream.end();
  });
}
