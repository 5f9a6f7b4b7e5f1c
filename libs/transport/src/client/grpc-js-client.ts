/** Asks any server, by grpc-js. */
import type * as grpc from '@grpc/grpc-js';
import type { Secure } from '../tls/remote-tls.ts';
import type { GrpcClient } from './grpc-client.ts';
import { grpcJs } from './grpc-js.ts';
import { hostIn } from './proxy.ts';

/** Without `secure` the connections are plain. */
export function createGrpcJsClient(
  target: string,
  secure: Secure | undefined,
  options: grpc.ChannelOptions,
): GrpcClient {
  const { Client, Metadata, credentials } = grpcJs();
  const secured = secure ? securedBy(secure) : credentials.createInsecure();
  const connect = (): grpc.Client => new Client(target, secured, options);
  const metadataOf = (entries: ReadonlyMap<string, string>): grpc.Metadata => {
    const metadata = new Metadata();
    for (const [key, value] of entries) metadata.set(key, value);
    return metadata;
  };
  let client = connect();
  return {
    ask({ path, message, metadata, deadline }, done) {
      const callOptions = deadline === undefined ? {} : { deadline };
      return client.makeUnaryRequest(path, asItIs, asItIs, message, metadataOf(metadata), callOptions, done);
    },
    watch({ path, message, metadata }, handler) {
      // A call on a channel that waits for a silent peer would wait for ever (grpc-node#2785).
      const own = connect();
      const stream = own.makeServerStreamRequest(path, asItIs, asItIs, message, metadataOf(metadata));
      stream.on('data', (answer: Buffer) => handler.message(answer));
      stream.on('error', () => {});
      stream.on('status', ({ code }: grpc.StatusObject) => {
        own.close();
        handler.end(code);
      });
      return stream;
    },
    renew() {
      client.close();
      client = connect();
    },
    close: () => client.close(),
  };
}

const asItIs = (message: Buffer): Buffer => message;

type ConnectorArguments = Parameters<grpc.ChannelCredentials['_createSecureConnector']>;

/**
 * As grpc-js's own, but for two things: each connection takes the context of its moment, and an address is not sent as a name. TLS forbids that, and
 * Node 26 throws, so that grpc-js 1.14 itself reaches no `127.0.0.1:8001` by TLS.
 */
function securedBy(secure: Secure): grpc.ChannelCredentials {
  const { ChannelCredentials, credentials } = grpcJs();
  class LatestCredentials extends ChannelCredentials {
    override _isSecure(): boolean {
      return true;
    }

    override _equals(other: grpc.ChannelCredentials): boolean {
      return this === other;
    }

    override _createSecureConnector(...args: ConnectorArguments): grpc.experimental.SecureConnector {
      const [target, { 'grpc.http_connect_target': behindProxy = target.path }] = args;
      const plain = credentials.createInsecure()._createSecureConnector(...args);
      return {
        connect: async (socket) => ({ socket: await secure(socket, hostIn(behindProxy)), secure: true }),
        waitForReady: () => plain.waitForReady(),
        getCallCredentials: () => plain.getCallCredentials(),
        destroy: () => {},
      };
    }
  }
  return new LatestCredentials();
}
