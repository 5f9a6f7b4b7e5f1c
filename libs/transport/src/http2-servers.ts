import type { Http2Server, Settings } from 'node:http2';
import type * as grpc from '@grpc/grpc-js';

/** The http2 servers of a server that listens, which grpc-js keeps to itself; tests of what is done with them guard the field. */
export const http2ServersOf = (server: grpc.Server): readonly Http2Server[] => {
  const { http2Servers } = server as unknown as { readonly http2Servers: Map<Http2Server, unknown> };
  return [...http2Servers.keys()];
};

/** Settings that a server tells each peer in its first frame, beside those that grpc-js has options for. Before it listens. */
export function addHttp2Settings(server: grpc.Server, settings: Settings): void {
  const { commonServerOptions } = server as unknown as { readonly commonServerOptions: { settings?: Settings } };
  commonServerOptions.settings = { ...commonServerOptions.settings, ...settings };
}
