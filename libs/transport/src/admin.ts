/** The Admin service as functions over its messages: those that a server answers with, and those that a client calls. */
import type * as grpc from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import { InferError, type Principal } from '@sheaf/inference';
import type { AdminDefinition } from './generated/sheaf/admin/v1/Admin.ts';
import { adminService } from './proto.ts';
import type { Admissions } from './server/auth/admission.ts';
import { toStatus } from './status.ts';

/** Without the signature that lets a definition have any method. */
type Methods = {
  [Name in keyof AdminDefinition as string extends Name ? never : Name]: AdminDefinition[Name];
};

/** Who asks; undefined where nobody has to say who they are. */
export type Asking = Pick<Principal, 'id'> | undefined;

/** What a server answers each method with; each throws InferError. */
export type AdminService = {
  readonly [Name in keyof Methods as Uncapitalize<Name>]: Methods[Name] extends MethodDefinition<
    infer _Request,
    infer _Response,
    infer Request,
    infer Response
  >
    ? (request: Request, principal: Asking) => Promise<Response>
    : never;
};

/** What a client calls; each method throws InferError. A field that is left out has the default of its type. */
export type AdminCalls = {
  readonly [Name in keyof Methods as Uncapitalize<Name>]: Methods[Name] extends MethodDefinition<
    infer Request,
    infer _Response,
    infer _Request,
    infer Response
  >
    ? (request: Request) => Promise<Response>
    : never;
};

export interface AdminOptions {
  readonly admissions: Admissions | undefined;
  readonly isOpen: () => boolean;
}

type Handler = (request: unknown, principal: Asking) => Promise<unknown>;

/** Who may call what is decided before, by the door's `admit`. */
export function adminHandlers(
  service: AdminService,
  { admissions, isOpen }: AdminOptions,
): grpc.UntypedServiceImplementation {
  const handlers = service as Readonly<Record<string, unknown>>;
  const answering =
    (handler: Handler): grpc.handleUnaryCall<unknown, unknown> =>
    async ({ request, metadata }, callback) => {
      try {
        // While it starts there is nothing yet to look at, and on the way out nothing to change any more.
        if (!isOpen()) throw new InferError('UNAVAILABLE', 'the gateway is not ready', { reason: 'NOT_READY' });
        callback(null, await handler(request, admissions?.principalOf(metadata)));
      } catch (error) {
        callback(toStatus(error));
      }
    };
  const methods = Object.keys(adminService).map((name) => [name, answering(handlers[methodName(name)] as Handler)]);
  return Object.fromEntries(methods);
}

/** `ListKeys` is `listKeys` in code. */
export const methodName = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
