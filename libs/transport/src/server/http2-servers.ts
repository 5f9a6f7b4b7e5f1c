import type { Http2Server, ServerOptions, Settings } from 'node:http2';
import type * as grpc from '@grpc/grpc-js';

/** The http2 servers of a server that listens, which grpc-js keeps to itself; tests of what is done with them guard the field. */
export const http2ServersOf = (server: grpc.Server): readonly Http2Server[] => {
  const { http2Servers } = server as unknown as { readonly http2Servers: Map<Http2Server, unknown> };
  return [...http2Servers.keys()];
};

/** Settings that a server tells each peer in its first frame, beside those that grpc-js has options for. Before it listens. */
export function addHttp2Settings(server: grpc.Server, settings: Settings): void {
  const own = optionsOf(server);
  own.settings = { ...own.settings, ...settings };
}

/** Options of node:http2 that grpc-js has none for. Before it listens. */
export const addHttp2Options = (server: grpc.Server, options: ServerOptions): void =>
  void Object.assign(optionsOf(server), options);

const optionsOf = (server: grpc.Server): ServerOptions =>
  (server as unknown as { readonly commonServerOptions: ServerOptions }).commonServerOptions;
