/** A method of the Open Inference Protocol whose answer is at hand. */
import { Journal, type Propagation, trustedCaller, w3cPropagation } from '@sheaf/inference';
import { inferenceService } from '../proto.ts';
import type { Backend } from './backend.ts';
import type { MethodDefinition } from './grpc/method-definition.ts';
import { type ServerMethod, type UnaryHandler, unary } from './grpc/methods.ts';
import type { ServerCall } from './grpc/server-call.ts';
import { tellIds } from './trailers.ts';

export type CreateMethod = ReturnType<typeof createMethod>;

/** Makes the methods of a server. Where it is known who calls, the answer tells by which ids. */
export const createMethod =
  ({ propagation = w3cPropagation }: Pick<Backend, 'propagation'>) =>
  <Request, Response>(name: string, handler: UnaryHandler<Request, Response>): ServerMethod => {
    const definition = inferenceService[name] as unknown as MethodDefinition<Request, Response>;
    return unary(definition, (request, call) => {
      if (call.principal !== trustedCaller) tellOwnIds(call, propagation);
      return handler(request, call);
    });
  };

function tellOwnIds(call: ServerCall, { extract }: Propagation): void {
  const parent = extract((header) => call.metadata(header));
  tellIds(call.trailers, call.metadata('x-request-id'), new Journal().start('request', 'control', parent));
}
