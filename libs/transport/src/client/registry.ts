/** The Registry service, of another process or of this one. */
import { methodName } from '../admin-service.ts';
import { createMessageQueue } from '../message-queue.ts';
import { registryService } from '../proto.ts';
import type { RegistryCaller, RegistryCalls, RegistryService, StreamedCall } from '../registry-service.ts';
import { fromStatus } from '../status.ts';
import { status } from '../status-codes.ts';
import { openRemoteTls } from '../tls/remote-tls.ts';
import type { AdminConnectionOptions } from './admin.ts';
import { failureOf } from './call-status.ts';
import { type Channel, createChannel } from './channel.ts';
import { createOwnClient } from './own-client.ts';
import { askOne, type Method } from './unary-call.ts';

export interface RegistryConnection {
  readonly calls: RegistryCalls;
  close(): void;
}

/** A page of versions is larger than most answers. */
const messageBytesMax = 64 * 1024 * 1024;
const pongMaxMs = 5_000;

type Definition = Method<unknown, unknown> & {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestDeserialize(message: Buffer): unknown;
};

const definitions = Object.entries(registryService) as unknown as readonly (readonly [string, Definition])[];

/** Connects with the first call. `timeoutMs` is of calls that are answered once; streams last as long as they like. */
export function connectRegistry(
  target: string,
  { metadata, tls, timeoutMs }: AdminConnectionOptions,
): RegistryConnection {
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
    calls: Object.fromEntries(calls) as RegistryCalls,
    close: () => {
      client.close();
      channel.close();
      close();
    },
  };
}

/** The methods of a service in this process, as one caller has them. */
export function registryCallsOf(service: RegistryService, principal: RegistryCaller['principal']): RegistryCalls {
  type Handler = (request: unknown, caller: RegistryCaller) => Promise<unknown> & AsyncIterable<unknown>;
  const handlers = service as unknown as Readonly<Record<string, Handler>>;
  const calls = definitions.map(([name, method]) => {
    const handler = handlers[methodName(name)] as Handler;
    // As it would come over the wire: with all of its fields.
    const whole = (request: unknown): unknown => method.requestDeserialize(method.requestSerialize(request));
    const ask = async (request: unknown): Promise<unknown> =>
      handler(whole(request), { principal, signal: new AbortController().signal });
    const open = (signal = new AbortController().signal): StreamedCall<unknown, unknown> => {
      const canceller = new AbortController();
      const requests = createMessageQueue<unknown>();
      return {
        send: (request) => requests.push(whole(request)),
        end: requests.end,
        responses: untilLeft(
          async () =>
            handlerResponses(handler, method, requests, {
              principal,
              signal: AbortSignal.any([signal, canceller.signal]),
            }),
          () => canceller.abort(),
        ),
      };
    };
    return [methodName(name), callOf(method, ask, open)];
  });
  return Object.fromEntries(calls) as RegistryCalls;
}

async function handlerResponses(
  handler: (request: unknown, caller: RegistryCaller) => AsyncIterable<unknown>,
  { requestStream }: Definition,
  requests: AsyncIterable<unknown>,
  caller: RegistryCaller,
): Promise<AsyncIterable<unknown>> {
  if (requestStream) return handler(requests, caller);
  for await (const request of requests) return handler(request, caller);
  throw new Error('a call was made without its request');
}

async function* untilLeft<Message>(
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
function callOf(
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
