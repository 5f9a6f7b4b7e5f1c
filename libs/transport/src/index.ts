export type { AdminCalls, AdminService, Asking } from './admin.ts';
export { type AdminConnection, type AdminConnectionOptions, connectAdmin } from './admin-client.ts';
export type {
  ApiKey,
  AuditEntry,
  Breaker,
  CreateKeyRequest,
  CreateKeyResponse,
  ForceBreakersRequest,
  Limit,
  ListAuditResponse,
  ListQuarantineResponse,
  Offender,
  QuarantinedRequest,
  ReloadResponse,
  RotateKeyRequest,
} from './admin-messages.ts';
export type { Admit, Knock } from './admission.ts';
export { type Answered, type AskOptions, ask } from './ask.ts';
export { BytesInFlight } from './bytes-in-flight.ts';
export type { CallLog, EndedCall } from './call-record.ts';
export { createDoor, type Door, type DoorOptions, type Served, type Strays } from './door.ts';
export { hostPort } from './listen.ts';
export type { Peer } from './peer.ts';
export { isProxied } from './proxy.ts';
export { createRemote, type Remote, type Transport } from './remote.ts';
export { createSecret, readSecret, type SecretPlace } from './secret.ts';
export { checkTls, mutualTls, type RemoteTls, type TlsFiles } from './tls.ts';
