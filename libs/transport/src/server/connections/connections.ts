import type { ServerHttp2Session } from 'node:http2';
import type * as grpc from '@grpc/grpc-js';
import { http2ServersOf } from '../http2-servers.ts';

export interface Connections {
  /** Resolves after this time, or when nobody is connected. */
  noneWithin(ms: number): Promise<void>;
}

export function watchConnections(server: grpc.Server): Connections {
  const open = new Set<ServerHttp2Session>();
  let onNone = (): void => {};
  for (const http2Server of http2ServersOf(server))
    http2Server.on('session', (session: ServerHttp2Session) => {
      open.add(session);
      session.once('close', () => {
        open.delete(session);
        if (open.size === 0) onNone();
      });
    });
  return {
    noneWithin: (ms) => {
      if (open.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        onNone = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}
