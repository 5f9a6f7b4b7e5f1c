/** sheaf.jobs.v1.Jobs, google.longrunning.Operations and sheaf.predictions.v1.Predictions, of a server that has them. */
import { type CallSignal, InferError } from '@sheaf/inference';
import { methodName } from '../admin-service.ts';
import type { JobsCaller, LaterServices } from '../jobs-service.ts';
import { jobsService, operationsService, predictionsService } from '../proto.ts';
import { iteratedAnswers } from './grpc/iterated.ts';
import type { MethodDefinition } from './grpc/method-definition.ts';
import { type ServerMethod, unary } from './grpc/methods.ts';

type Definition = MethodDefinition<unknown, unknown>;
/** Which of both it answers with, its definition says. */
type Handler = (request: unknown, caller: JobsCaller) => Promise<unknown> & AsyncIterable<unknown>;

/** Who may call what is decided before, by the server's `admit`. `isOpen`: nothing is looked at while the process starts, and on its way out. */
export function laterMethods(
  { jobs, operations, predictions }: LaterServices,
  isOpen: () => boolean,
): readonly ServerMethod[] {
  const methodsOf = (service: object, definitions: object): ServerMethod[] =>
    Object.entries(definitions).map(([name, definition]) =>
      method(definition, (service as Record<string, Handler>)[methodName(name)], isOpen),
    );
  // It goes the way of an inference.
  const { Submit: _, ...askedMethods } = jobsService;
  return [
    ...methodsOf(jobs, askedMethods),
    ...methodsOf(operations, operationsService),
    ...methodsOf(predictions, predictionsService),
  ];
}

function method(definition: Definition, handler: Handler | undefined, isOpen: () => boolean): ServerMethod {
  const ask: Handler = (request, caller) => {
    if (!isOpen()) throw new InferError('UNAVAILABLE', 'the gateway is not ready', { reason: 'NOT_READY' });
    return (handler as Handler)(request, caller);
  };
  if (definition.responseStream)
    return iteratedAnswers(definition, (request, { principal, signal }) =>
      ask(request, { principal, signal, timeoutMs: Number.POSITIVE_INFINITY }),
    );
  return unary(definition, (request, { principal, signal, timeoutMs }) =>
    ask(request, { principal, signal: abortSignalOf(signal), timeoutMs }),
  );
}

function abortSignalOf(signal: CallSignal): AbortSignal {
  const controller = new AbortController();
  signal.addEventListener('abort', () => controller.abort(signal.reason));
  return controller.signal;
}
