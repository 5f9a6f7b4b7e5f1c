/** The Admin service of another process. */
import { type AdminCalls, methodName } from '../admin-service.ts';
import { adminService } from '../proto.ts';
import { openRemoteTls } from '../tls/remote-tls.ts';
import type { RemoteTls } from '../tls/tls.ts';
import { createOwnClient } from './own-client.ts';
import { askOne, type Method } from './unary-call.ts';

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

/** A record of a thousand entries is larger than most answers. */
const messageBytesMax = 64 * 1024 * 1024;
const pongMaxMs = 5_000;

/** Connects with the first call. */
export function connectAdmin(target: string, { metadata, tls, timeoutMs }: AdminConnectionOptions): AdminConnection {
  const { secure, close } = openRemoteTls(target, tls);
  const client = createOwnClient({ target, authority: tls?.serverName, secure, pongMaxMs, messageBytesMax });
  const options = { client, service: target, metadata: new Map(Object.entries(metadata)), timeoutMs };
  const calls = Object.entries(adminService).map(([name, method]) => [
    methodName(name),
    (request: unknown) => askOne(method as Method<unknown, unknown>, request, options),
  ]);
  return {
    calls: Object.fromEntries(calls) as AdminCalls,
    close: () => {
      client.close();
      close();
    },
  };
}
