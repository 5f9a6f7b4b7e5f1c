/** A service of another process, called by the definitions of its methods. */
import { methodName } from '../admin-service.ts';
import { createMessageQueue } from '../message-queue.ts';
import type { StreamedCall } from '../registry-service.ts';
import { fromStatus } from '../status.ts';
import { status } from '../status-codes.ts';
import { openRemoteTls } from '../tls/remote-tls.ts';
import type { AdminConnectionOptions } from './admin.ts';
import { failureOf } from './call-status.ts';
import { type Channel, createChannel } from './channel.ts';
import { createOwnClient } from './own-client.ts';
import { askOne, type Method } from './unary-call.ts';

/** A page of versions is larger than most answers. */
const messageBytesMax = 64 * 1024 * 1024;
const pongMaxMs = 5_000;

export type Definition = Method<unknown, unknown> & {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestDeserialize(message: Buffer): unknown;
};

export interface ServiceConnection {
  /** By the names of its methods in code. */
  readonly calls: Readonly<Record<string, unknown>>;
  close(): void;
}

/** Connects with the first call. `timeoutMs` is of calls that are answered once; streams last as long as they like. */
export function connectService(
  definitions: readonly (readonly [string, Definition])[],
  target: string,
  { metadata, tls, timeoutMs }: AdminConnectionOptions,
): ServiceConnection {
  const { secure, close } = openRemoteTls(target, tls);
  const connection = { target, authority: tls?.serverName, secure, pongMaxMs };
  const client = createOwnClient({ ...connection, messageBytesMax });
  // A file that is on its way must not keep a question waiting.
  const channel = createChannel(connection);
  const options = { client, service: target, metadata: new Map(Object.entries(metadata)), timeoutMs };
  const open = (method: Definition, signal?: AbortSignal) =>
    openStream(channel, method, { service: target, metadata: Object.entries(metadata), signal });
  const calls = definitions.map(([name, method]) => [
    methodName(name),
    callOf(
      method,
      (request) => askOne(method, request, options),
      (signal) => open(method, signal),
    ),
  ]);
  return {
    calls: Object.fromEntries(calls),
    close: () => {
      client.close();
      channel.close();
      close();
    },
  };
}

/** Tells whoever brings them when nobody takes them any more. */
export async function* untilLeft<Message>(
  open: () => Promise<AsyncIterable<Message>>,
  leave: () => void,
): AsyncGenerator<Message, void, undefined> {
  try {
    yield* await open();
  } finally {
    leave();
  }
}

/** As callers have it: one answer, answers one after the other, or both ways. */
export function callOf(
  { requestStream, responseStream }: Definition,
  ask: (request: unknown) => Promise<unknown>,
  open: (signal?: AbortSignal) => StreamedCall<unknown, unknown>,
): unknown {
  if (requestStream) return () => open();
  if (!responseStream) return ask;
  return (request: unknown, signal?: AbortSignal) => {
    const { send, end, responses } = open(signal);
    send(request);
    end();
    return responses;
  };
}

interface StreamOptions {
  readonly service: string;
  readonly metadata: readonly (readonly [string, string])[];
  readonly signal: AbortSignal | undefined;
}

function openStream(
  channel: Channel,
  { path, requestSerialize, responseDeserialize }: Definition,
  { service, metadata, signal }: StreamOptions,
): StreamedCall<unknown, unknown> {
  const arrived = createMessageQueue<unknown>({ onFull: () => call.pause(), onEmpty: () => call.resume() });
  const call = channel.start(
    { path, metadata: [...metadata], messageBytesMax },
    {
      message: (message) => arrived.push(responseDeserialize(message)),
      end: (ending) =>
        ending.code === status.OK ? arrived.end() : arrived.fail(fromStatus(failureOf(ending), service)),
    },
  );
  const leave = (): void => call.cancel();
  signal?.addEventListener('abort', leave, { once: true });
  return {
    send: (request) => call.send(requestSerialize(request)),
    end: () => call.end(),
    responses: untilLeft(
      async () => arrived,
      () => {
        signal?.removeEventListener('abort', leave);
        call.cancel();
      },
    ),
  };
}
