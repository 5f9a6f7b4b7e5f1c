/** The messages of the Admin service, with every field there: proto/sheaf/admin/v1/admin.proto tells what each is. */
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
export type { RotateKeyRequest__Output as RotateKeyRequest } from './generated/sheaf/admin/v1/RotateKeyRequest.ts';
