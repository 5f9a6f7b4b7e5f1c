import type { Http2Server } from 'node:http2';
import type * as grpc from '@grpc/grpc-js';

/** The http2 servers of a server that listens, which grpc-js keeps to itself; tests of what is done with them guard the field. */
export const http2ServersOf = (server: grpc.Server): readonly Http2Server[] => {
  const { http2Servers } = server as unknown as { readonly http2Servers: Map<Http2Server, unknown> };
  return [...http2Servers.keys()];
};
