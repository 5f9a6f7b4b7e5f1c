/** The Registry service, of another process or of this one. */
import { methodName } from '../admin-service.ts';
import { createMessageQueue } from '../message-queue.ts';
import { registryService } from '../proto.ts';
import type { RegistryCaller, RegistryCalls, RegistryService, StreamedCall } from '../registry-service.ts';
import type { AdminConnectionOptions } from './admin.ts';
import { callOf, connectService, type Definition, untilLeft } from './service.ts';

export interface RegistryConnection {
  readonly calls: RegistryCalls;
  close(): void;
}

const definitions = Object.entries(registryService) as unknown as readonly (readonly [string, Definition])[];

/** Connects with the first call. `timeoutMs` is of calls that are answered once; streams last as long as they like. */
export function connectRegistry(target: string, options: AdminConnectionOptions): RegistryConnection {
  const { calls, close } = connectService(definitions, target, options);
  return { calls: calls as RegistryCalls, close };
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
