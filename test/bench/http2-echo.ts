/** A server that sends back what it gets: ours or Node's own. `node http2-echo.ts ours|node [certificate key]`; tells its port, and the CPU that it took when it is asked. */
import { createServer as createHttp2Server, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { acceptConnection, encodeHeaders, type ServerStream, type StreamHandler } from '@sheaf/http2';

const [kind, cert, key] = process.argv.slice(2);
const tls = cert && key ? { cert, key, ALPNProtocols: ['h2'] } : undefined;

const headers = encodeHeaders([
  [':status', '200'],
  ['content-type', 'application/grpc'],
]);
const trailers = encodeHeaders([['grpc-status', '0']]);

function answer(stream: ServerStream): StreamHandler {
  const parts: Buffer[] = [];
  return {
    data: (part) => void parts.push(part),
    end() {
      stream.respond(headers);
      for (const part of parts) stream.write(part);
      stream.end(trailers);
    },
    close() {},
  };
}

function answerByNode(stream: ServerHttp2Stream): void {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('error', () => {});
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    for (const part of parts) stream.write(part);
    stream.end();
  });
}

/** As ours has them: with Node's own, which are of 64 KiB, only the round trips of large messages would be measured. */
const streamWindowBytes = 8 * 2 ** 20;
const connectionWindowBytes = 32 * 2 ** 20;

function open(): Server {
  if (kind === 'node') {
    const settings = { initialWindowSize: streamWindowBytes };
    const own = tls ? createSecureServer({ ...tls, settings }) : createHttp2Server({ settings });
    return own
      .on('session', (session) => session.setLocalWindowSize(connectionWindowBytes))
      .on('stream', answerByNode) as Server;
  }
  const accept = (socket: Parameters<typeof acceptConnection>[0]): void => {
    acceptConnection(socket, {}, { stream: answer, close() {} });
  };
  return tls ? createTlsServer(tls, accept) : createServer({ noDelay: true }, accept);
}

const server = open();
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', () => process.exit(0));
