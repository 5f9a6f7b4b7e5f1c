/** sheaf.registry.v1.Registry, of a server that has one. */
import { InferError } from '@sheaf/inference';
import { methodName } from '../admin-service.ts';
import { registryService } from '../proto.ts';
import type { RegistryCaller, RegistryService } from '../registry-service.ts';
import { iterated, iteratedAnswers, type StreamCall } from './grpc/iterated.ts';
import type { MethodDefinition } from './grpc/method-definition.ts';
import { type ServerMethod, unary } from './grpc/methods.ts';

type Definition = MethodDefinition<unknown, unknown>;
/** Which of both it answers with, its definition says. */
type Handler = (request: unknown, caller: RegistryCaller) => Promise<unknown> & AsyncIterable<unknown>;

/** Of calls that are answered once. */
const neverAborted = new AbortController().signal;

/** Who may call what is decided before, by the server's `admit`. `isOpen`: nothing is changed while the process starts, and on its way out. */
export function registryMethods(service: RegistryService, isOpen: () => boolean): readonly ServerMethod[] {
  const handlers = service as unknown as Readonly<Record<string, Handler>>;
  return Object.entries(registryService).map(([name, found]) => {
    const definition = found as unknown as Definition;
    const handler = handlers[methodName(name)] as Handler;
    const whenOpen = (request: unknown, call: StreamCall): AsyncIterable<unknown> => {
      checkOpen(isOpen);
      return handler(request, call);
    };
    if (definition.requestStream) return iterated(definition, whenOpen);
    if (definition.responseStream) return iteratedAnswers(definition, whenOpen);
    return unary(definition, (request, { principal }) => {
      checkOpen(isOpen);
      return handler(request, { principal, signal: neverAborted });
    });
  });
}

function checkOpen(isOpen: () => boolean): void {
  if (!isOpen()) throw new InferError('UNAVAILABLE', 'the registry is not ready', { reason: 'NOT_READY' });
}
