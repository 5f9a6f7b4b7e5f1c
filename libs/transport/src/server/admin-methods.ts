/** The methods of the Admin service, of a server that has one. */
import { InferError } from '@sheaf/inference';
import { type AdminService, type Asking, methodName } from '../admin-service.ts';
import { adminService } from '../proto.ts';
import type { MethodDefinition } from './grpc/method-definition.ts';
import { type ServerMethod, unary } from './grpc/methods.ts';

type Handler = (request: unknown, principal: Asking) => Promise<unknown>;

/** Who may call what is decided before, by the server's `admit`. `isOpen`: while it starts there is nothing yet to look at, and on the way out nothing to change any more. */
export function adminMethods(service: AdminService, isOpen: () => boolean): readonly ServerMethod[] {
  const handlers = service as Readonly<Record<string, unknown>>;
  return Object.entries(adminService).map(([name, definition]) =>
    unary(definition as unknown as MethodDefinition<unknown, unknown>, (request, { principal }) => {
      if (!isOpen()) throw new InferError('UNAVAILABLE', 'the gateway is not ready', { reason: 'NOT_READY' });
      return (handlers[methodName(name)] as Handler)(request, principal);
    }),
  );
}
