export type {
  AdminCalls,
  AdminService,
  ApiKey,
  Asking,
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
  RoomLevel,
  RotateKeyRequest,
} from './admin-service.ts';
export { type AdminConnection, type AdminConnectionOptions, connectAdmin } from './client/admin.ts';
export { type Answered, type AskOptions, ask } from './client/ask.ts';
export { connectJobs, type JobsConnection, readResult } from './client/jobs.ts';
export { isProxied } from './client/proxy.ts';
export { connectRegistry, type RegistryConnection, registryCallsOf } from './client/registry.ts';
export { createRemote, type Remote, type RemoteOptions, type Transport } from './client/remote.ts';
export { createSecret, readSecret, type SecretPlace } from './client/secret.ts';
export type { ModelStatistics } from './generated/inference/ModelStatistics.ts';
export type {
  GenerationMessage,
  GetJobResponse,
  JobMessage,
  JobsCaller,
  JobsCalls,
  JobsService,
  LaterServices,
  ListJobsRequest,
  OperationMessage,
  OperationsService,
  PredictionMessage,
  PredictionsCalls,
  PredictionsService,
  SubmitTerms,
} from './jobs-service.ts';
export type { MetricSamples, MetricsRequest, TellMetrics } from './mesh-metrics.ts';
export { packJob, responseMessage, rpcStatusOf } from './packed-messages.ts';
export type {
  AliasMessage,
  AliasMoveMessage,
  EntryMessage,
  EvidenceReportMessage,
  ManifestMessage,
  PushRequest,
  PushResponse,
  RegistryAuditEntry,
  RegistryCaller,
  RegistryCalls,
  RegistryService,
  RolloutStandingMessage,
  SnapshotMessage,
  StreamedCall,
  VersionMessage,
} from './registry-service.ts';
export type { Admit, AuthRequest } from './server/auth/authenticate.ts';
export type { Peer } from './server/auth/peer.ts';
export type { Backend, ModelState, Repository, Strays } from './server/backend.ts';
export { BytesInFlight } from './server/bytes/bytes-in-flight.ts';
export type { CallLog, EndedCall } from './server/call-record.ts';
export { hostPort } from './server/listen.ts';
export { createServer, type Server, type ServerOptions } from './server/server.ts';
export { checkTls, mutualTls, type RemoteTls, type TlsFiles } from './tls/tls.ts';
export { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from './wire/codec.ts';
