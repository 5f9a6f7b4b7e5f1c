/** The Admin service of another process. */
import * as grpc from '@grpc/grpc-js';
import { type AdminCalls, methodName } from '../admin-service.ts';
import { adminService } from '../proto.ts';
import { fromStatus, toMetadata } from '../status.ts';
import { openRemoteTls } from '../tls/remote-tls.ts';
import type { RemoteTls } from '../tls/tls.ts';
import { proxyOption } from './proxy.ts';

export interface AdminConnection {
  readonly calls: AdminCalls;
  close(): void;
}

export interface AdminConnectionOptions {
  /** Of each call; keys in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Without it the connection is plain text. */
  readonly tls: RemoteTls | undefined;
  /** Of each call. */
  readonly timeoutMs: number;
}

/** A record of a thousand entries may be larger than what a gRPC client takes by itself. */
const messageBytesMax = 64 * 1024 * 1024;

/** Connects with the first call. */
export function connectAdmin(target: string, { metadata, tls, timeoutMs }: AdminConnectionOptions): AdminConnection {
  const secured = openRemoteTls(target, tls);
  const client = new grpc.Client(target, secured.credentials, {
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.enable_retries': 0,
    ...proxyOption(false),
  });
  const sent = toMetadata(new Map(Object.entries(metadata)));
  const call =
    ({ path, requestSerialize, responseDeserialize }: grpc.MethodDefinition<unknown, unknown>) =>
    (request: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + timeoutMs };
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          sent,
          options,
          (error, response) => {
            if (error) reject(fromStatus(error, target));
            else resolve(response);
          },
        );
      });
  const calls = Object.entries(adminService).map(([name, method]) => [methodName(name), call(method)]);
  return {
    calls: Object.fromEntries(calls) as AdminCalls,
    close: () => {
      client.close();
      secured.close();
    },
  };
}
