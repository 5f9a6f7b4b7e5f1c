/**
 * The Admin service as functions over its messages: those that a server answers with, and those that a client calls. The messages have every field there;
 * proto/sheaf/admin/v1/admin.proto tells what each is.
 */
import type { MethodDefinition } from '@grpc/proto-loader';
import type { Principal, TrustedCaller } from '@sheaf/inference';
import type { AdminDefinition } from './generated/sheaf/admin/v1/Admin.ts';

export type { ApiKey__Output as ApiKey } from './generated/sheaf/admin/v1/ApiKey.ts';
export type { AuditEntry__Output as AuditEntry } from './generated/sheaf/admin/v1/AuditEntry.ts';
export type { Breaker__Output as Breaker } from './generated/sheaf/admin/v1/Breaker.ts';
export type { CreateKeyRequest__Output as CreateKeyRequest } from './generated/sheaf/admin/v1/CreateKeyRequest.ts';
export type { CreateKeyResponse__Output as CreateKeyResponse } from './generated/sheaf/admin/v1/CreateKeyResponse.ts';
export type { ForceBreakersRequest__Output as ForceBreakersRequest } from './generated/sheaf/admin/v1/ForceBreakersRequest.ts';
export type { Limit__Output as Limit } from './generated/sheaf/admin/v1/Limit.ts';
export type { ListAuditResponse__Output as ListAuditResponse } from './generated/sheaf/admin/v1/ListAuditResponse.ts';
export type { ListQuarantineResponse__Output as ListQuarantineResponse } from './generated/sheaf/admin/v1/ListQuarantineResponse.ts';
export type { Offender__Output as Offender } from './generated/sheaf/admin/v1/Offender.ts';
export type { QuarantinedRequest__Output as QuarantinedRequest } from './generated/sheaf/admin/v1/QuarantinedRequest.ts';
export type { ReloadResponse__Output as ReloadResponse } from './generated/sheaf/admin/v1/ReloadResponse.ts';
export type { RoomLevel__Output as RoomLevel } from './generated/sheaf/admin/v1/RoomLevel.ts';
export type { RotateKeyRequest__Output as RotateKeyRequest } from './generated/sheaf/admin/v1/RotateKeyRequest.ts';

/** Without the signature that lets a definition have any method. */
type Methods = {
  [Name in keyof AdminDefinition as string extends Name ? never : Name]: AdminDefinition[Name];
};

/** Who asks. */
export type Asking = Pick<Principal, 'id'> | TrustedCaller;

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

/** `ListKeys` is `listKeys` in code. */
export const methodName = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
