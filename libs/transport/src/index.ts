export type {
  Admin,
  AuditLine,
  AuditPage,
  BreakerState,
  BucketState,
  ForceBreakers,
  LimitState,
  OffenderState,
  QuarantinedRequest,
  Reloaded,
} from './admin.ts';
export { type AdminClient, type AdminClientOptions, createAdminClient } from './admin-client.ts';
export type { KeyOrder, KeyRotation, KeyState, NewKey } from './admin-keys.ts';
export { type Answered, type AskOptions, ask } from './client/ask.ts';
export { isProxied } from './client/proxy.ts';
export { createRemote, type Remote, type RemoteOptions, type Transport } from './client/remote.ts';
export { createSecret, readSecret, type SecretPlace } from './client/secret.ts';
export type { Admit, AuthRequest } from './server/auth/admission.ts';
export type { Peer } from './server/auth/peer.ts';
export { BytesInFlight } from './server/bytes/bytes-in-flight.ts';
export type { CallLog, EndedCall } from './server/call-record.ts';
export { hostPort } from './server/listen.ts';
export { type Backend, createServer, type Server, type ServerOptions, type Strays } from './server/server.ts';
export { checkTls, mutualTls, type RemoteTls, type TlsFiles } from './tls/tls.ts';
