/** The Admin service as functions over its messages: those that a server answers with, and those that a client calls. */
import type { MethodDefinition } from '@grpc/proto-loader';
import { InferError, type Principal } from '@sheaf/inference';
import type { AdminDefinition } from './generated/sheaf/admin/v1/Admin.ts';
import { adminService } from './proto.ts';
import { type ServerMethod, type MethodDefinition as ServerMethodDefinition, unary } from './server/grpc/methods.ts';

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

type Handler = (request: unknown, principal: Asking) => Promise<unknown>;

/** Who may call what is decided before, by the server's `admit`. `isOpen`: while it starts there is nothing yet to look at, and on the way out nothing to change any more. */
export function adminMethods(service: AdminService, isOpen: () => boolean): readonly ServerMethod[] {
  const handlers = service as Readonly<Record<string, unknown>>;
  return Object.entries(adminService).map(([name, definition]) =>
    unary(definition as unknown as ServerMethodDefinition<unknown, unknown>, (request, { principal }) => {
      if (!isOpen()) throw new InferError('UNAVAILABLE', 'the gateway is not ready', { reason: 'NOT_READY' });
      return (handlers[methodName(name)] as Handler)(request, principal);
    }),
  );
}

/** `ListKeys` is `listKeys` in code. */
export const methodName = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
