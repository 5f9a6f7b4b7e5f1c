// Original file: proto/sheaf/registry/v1/registry.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AddSignatureRequest as _sheaf_registry_v1_AddSignatureRequest, AddSignatureRequest__Output as _sheaf_registry_v1_AddSignatureRequest__Output } from '../../../sheaf/registry/v1/AddSignatureRequest.ts';
import type { Alias as _sheaf_registry_v1_Alias, Alias__Output as _sheaf_registry_v1_Alias__Output } from '../../../sheaf/registry/v1/Alias.ts';
import type { DeleteVersionRequest as _sheaf_registry_v1_DeleteVersionRequest, DeleteVersionRequest__Output as _sheaf_registry_v1_DeleteVersionRequest__Output } from '../../../sheaf/registry/v1/DeleteVersionRequest.ts';
import type { DownloadRequest as _sheaf_registry_v1_DownloadRequest, DownloadRequest__Output as _sheaf_registry_v1_DownloadRequest__Output } from '../../../sheaf/registry/v1/DownloadRequest.ts';
import type { DownloadResponse as _sheaf_registry_v1_DownloadResponse, DownloadResponse__Output as _sheaf_registry_v1_DownloadResponse__Output } from '../../../sheaf/registry/v1/DownloadResponse.ts';
import type { FreezeAliasRequest as _sheaf_registry_v1_FreezeAliasRequest, FreezeAliasRequest__Output as _sheaf_registry_v1_FreezeAliasRequest__Output } from '../../../sheaf/registry/v1/FreezeAliasRequest.ts';
import type { GetAliasAtRequest as _sheaf_registry_v1_GetAliasAtRequest, GetAliasAtRequest__Output as _sheaf_registry_v1_GetAliasAtRequest__Output } from '../../../sheaf/registry/v1/GetAliasAtRequest.ts';
import type { GetRolloutRequest as _sheaf_registry_v1_GetRolloutRequest, GetRolloutRequest__Output as _sheaf_registry_v1_GetRolloutRequest__Output } from '../../../sheaf/registry/v1/GetRolloutRequest.ts';
import type { GetVersionRequest as _sheaf_registry_v1_GetVersionRequest, GetVersionRequest__Output as _sheaf_registry_v1_GetVersionRequest__Output } from '../../../sheaf/registry/v1/GetVersionRequest.ts';
import type { ListAliasesRequest as _sheaf_registry_v1_ListAliasesRequest, ListAliasesRequest__Output as _sheaf_registry_v1_ListAliasesRequest__Output } from '../../../sheaf/registry/v1/ListAliasesRequest.ts';
import type { ListAliasesResponse as _sheaf_registry_v1_ListAliasesResponse, ListAliasesResponse__Output as _sheaf_registry_v1_ListAliasesResponse__Output } from '../../../sheaf/registry/v1/ListAliasesResponse.ts';
import type { ListAuditRequest as _sheaf_registry_v1_ListAuditRequest, ListAuditRequest__Output as _sheaf_registry_v1_ListAuditRequest__Output } from '../../../sheaf/registry/v1/ListAuditRequest.ts';
import type { ListAuditResponse as _sheaf_registry_v1_ListAuditResponse, ListAuditResponse__Output as _sheaf_registry_v1_ListAuditResponse__Output } from '../../../sheaf/registry/v1/ListAuditResponse.ts';
import type { ListEntriesRequest as _sheaf_registry_v1_ListEntriesRequest, ListEntriesRequest__Output as _sheaf_registry_v1_ListEntriesRequest__Output } from '../../../sheaf/registry/v1/ListEntriesRequest.ts';
import type { ListEntriesResponse as _sheaf_registry_v1_ListEntriesResponse, ListEntriesResponse__Output as _sheaf_registry_v1_ListEntriesResponse__Output } from '../../../sheaf/registry/v1/ListEntriesResponse.ts';
import type { ListHistoryRequest as _sheaf_registry_v1_ListHistoryRequest, ListHistoryRequest__Output as _sheaf_registry_v1_ListHistoryRequest__Output } from '../../../sheaf/registry/v1/ListHistoryRequest.ts';
import type { ListHistoryResponse as _sheaf_registry_v1_ListHistoryResponse, ListHistoryResponse__Output as _sheaf_registry_v1_ListHistoryResponse__Output } from '../../../sheaf/registry/v1/ListHistoryResponse.ts';
import type { ListVersionsRequest as _sheaf_registry_v1_ListVersionsRequest, ListVersionsRequest__Output as _sheaf_registry_v1_ListVersionsRequest__Output } from '../../../sheaf/registry/v1/ListVersionsRequest.ts';
import type { ListVersionsResponse as _sheaf_registry_v1_ListVersionsResponse, ListVersionsResponse__Output as _sheaf_registry_v1_ListVersionsResponse__Output } from '../../../sheaf/registry/v1/ListVersionsResponse.ts';
import type { MoveAliasRequest as _sheaf_registry_v1_MoveAliasRequest, MoveAliasRequest__Output as _sheaf_registry_v1_MoveAliasRequest__Output } from '../../../sheaf/registry/v1/MoveAliasRequest.ts';
import type { PruneRequest as _sheaf_registry_v1_PruneRequest, PruneRequest__Output as _sheaf_registry_v1_PruneRequest__Output } from '../../../sheaf/registry/v1/PruneRequest.ts';
import type { PruneResponse as _sheaf_registry_v1_PruneResponse, PruneResponse__Output as _sheaf_registry_v1_PruneResponse__Output } from '../../../sheaf/registry/v1/PruneResponse.ts';
import type { PushRequest as _sheaf_registry_v1_PushRequest, PushRequest__Output as _sheaf_registry_v1_PushRequest__Output } from '../../../sheaf/registry/v1/PushRequest.ts';
import type { PushResponse as _sheaf_registry_v1_PushResponse, PushResponse__Output as _sheaf_registry_v1_PushResponse__Output } from '../../../sheaf/registry/v1/PushResponse.ts';
import type { QuarantineVersionRequest as _sheaf_registry_v1_QuarantineVersionRequest, QuarantineVersionRequest__Output as _sheaf_registry_v1_QuarantineVersionRequest__Output } from '../../../sheaf/registry/v1/QuarantineVersionRequest.ts';
import type { ReleaseVersionRequest as _sheaf_registry_v1_ReleaseVersionRequest, ReleaseVersionRequest__Output as _sheaf_registry_v1_ReleaseVersionRequest__Output } from '../../../sheaf/registry/v1/ReleaseVersionRequest.ts';
import type { ReportEvidenceRequest as _sheaf_registry_v1_ReportEvidenceRequest, ReportEvidenceRequest__Output as _sheaf_registry_v1_ReportEvidenceRequest__Output } from '../../../sheaf/registry/v1/ReportEvidenceRequest.ts';
import type { ReportEvidenceResponse as _sheaf_registry_v1_ReportEvidenceResponse, ReportEvidenceResponse__Output as _sheaf_registry_v1_ReportEvidenceResponse__Output } from '../../../sheaf/registry/v1/ReportEvidenceResponse.ts';
import type { RolloutStanding as _sheaf_registry_v1_RolloutStanding, RolloutStanding__Output as _sheaf_registry_v1_RolloutStanding__Output } from '../../../sheaf/registry/v1/RolloutStanding.ts';
import type { Snapshot as _sheaf_registry_v1_Snapshot, Snapshot__Output as _sheaf_registry_v1_Snapshot__Output } from '../../../sheaf/registry/v1/Snapshot.ts';
import type { StartRolloutRequest as _sheaf_registry_v1_StartRolloutRequest, StartRolloutRequest__Output as _sheaf_registry_v1_StartRolloutRequest__Output } from '../../../sheaf/registry/v1/StartRolloutRequest.ts';
import type { TellRolloutRequest as _sheaf_registry_v1_TellRolloutRequest, TellRolloutRequest__Output as _sheaf_registry_v1_TellRolloutRequest__Output } from '../../../sheaf/registry/v1/TellRolloutRequest.ts';
import type { Version as _sheaf_registry_v1_Version, Version__Output as _sheaf_registry_v1_Version__Output } from '../../../sheaf/registry/v1/Version.ts';
import type { WatchRequest as _sheaf_registry_v1_WatchRequest, WatchRequest__Output as _sheaf_registry_v1_WatchRequest__Output } from '../../../sheaf/registry/v1/WatchRequest.ts';

export interface RegistryClient extends grpc.Client {
  AddSignature(argument: _sheaf_registry_v1_AddSignatureRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  AddSignature(argument: _sheaf_registry_v1_AddSignatureRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  AddSignature(argument: _sheaf_registry_v1_AddSignatureRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  AddSignature(argument: _sheaf_registry_v1_AddSignatureRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  addSignature(argument: _sheaf_registry_v1_AddSignatureRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  addSignature(argument: _sheaf_registry_v1_AddSignatureRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  addSignature(argument: _sheaf_registry_v1_AddSignatureRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  addSignature(argument: _sheaf_registry_v1_AddSignatureRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  
  DeleteVersion(argument: _sheaf_registry_v1_DeleteVersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  DeleteVersion(argument: _sheaf_registry_v1_DeleteVersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  DeleteVersion(argument: _sheaf_registry_v1_DeleteVersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  DeleteVersion(argument: _sheaf_registry_v1_DeleteVersionRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  deleteVersion(argument: _sheaf_registry_v1_DeleteVersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  deleteVersion(argument: _sheaf_registry_v1_DeleteVersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  deleteVersion(argument: _sheaf_registry_v1_DeleteVersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  deleteVersion(argument: _sheaf_registry_v1_DeleteVersionRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  
  Download(argument: _sheaf_registry_v1_DownloadRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_registry_v1_DownloadResponse__Output>;
  Download(argument: _sheaf_registry_v1_DownloadRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_registry_v1_DownloadResponse__Output>;
  download(argument: _sheaf_registry_v1_DownloadRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_registry_v1_DownloadResponse__Output>;
  download(argument: _sheaf_registry_v1_DownloadRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_registry_v1_DownloadResponse__Output>;
  
  FreezeAlias(argument: _sheaf_registry_v1_FreezeAliasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  FreezeAlias(argument: _sheaf_registry_v1_FreezeAliasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  FreezeAlias(argument: _sheaf_registry_v1_FreezeAliasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  FreezeAlias(argument: _sheaf_registry_v1_FreezeAliasRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  freezeAlias(argument: _sheaf_registry_v1_FreezeAliasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  freezeAlias(argument: _sheaf_registry_v1_FreezeAliasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  freezeAlias(argument: _sheaf_registry_v1_FreezeAliasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  freezeAlias(argument: _sheaf_registry_v1_FreezeAliasRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  
  GetAliasAt(argument: _sheaf_registry_v1_GetAliasAtRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  GetAliasAt(argument: _sheaf_registry_v1_GetAliasAtRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  GetAliasAt(argument: _sheaf_registry_v1_GetAliasAtRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  GetAliasAt(argument: _sheaf_registry_v1_GetAliasAtRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  getAliasAt(argument: _sheaf_registry_v1_GetAliasAtRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  getAliasAt(argument: _sheaf_registry_v1_GetAliasAtRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  getAliasAt(argument: _sheaf_registry_v1_GetAliasAtRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  getAliasAt(argument: _sheaf_registry_v1_GetAliasAtRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  
  GetRollout(argument: _sheaf_registry_v1_GetRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  GetRollout(argument: _sheaf_registry_v1_GetRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  GetRollout(argument: _sheaf_registry_v1_GetRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  GetRollout(argument: _sheaf_registry_v1_GetRolloutRequest, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  getRollout(argument: _sheaf_registry_v1_GetRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  getRollout(argument: _sheaf_registry_v1_GetRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  getRollout(argument: _sheaf_registry_v1_GetRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  getRollout(argument: _sheaf_registry_v1_GetRolloutRequest, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  
  GetVersion(argument: _sheaf_registry_v1_GetVersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  GetVersion(argument: _sheaf_registry_v1_GetVersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  GetVersion(argument: _sheaf_registry_v1_GetVersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  GetVersion(argument: _sheaf_registry_v1_GetVersionRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  getVersion(argument: _sheaf_registry_v1_GetVersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  getVersion(argument: _sheaf_registry_v1_GetVersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  getVersion(argument: _sheaf_registry_v1_GetVersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  getVersion(argument: _sheaf_registry_v1_GetVersionRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  
  ListAliases(argument: _sheaf_registry_v1_ListAliasesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  ListAliases(argument: _sheaf_registry_v1_ListAliasesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  ListAliases(argument: _sheaf_registry_v1_ListAliasesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  ListAliases(argument: _sheaf_registry_v1_ListAliasesRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  listAliases(argument: _sheaf_registry_v1_ListAliasesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  listAliases(argument: _sheaf_registry_v1_ListAliasesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  listAliases(argument: _sheaf_registry_v1_ListAliasesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  listAliases(argument: _sheaf_registry_v1_ListAliasesRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListAliasesResponse__Output>): grpc.ClientUnaryCall;
  
  ListAudit(argument: _sheaf_registry_v1_ListAuditRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  ListAudit(argument: _sheaf_registry_v1_ListAuditRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  ListAudit(argument: _sheaf_registry_v1_ListAuditRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  ListAudit(argument: _sheaf_registry_v1_ListAuditRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _sheaf_registry_v1_ListAuditRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _sheaf_registry_v1_ListAuditRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _sheaf_registry_v1_ListAuditRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _sheaf_registry_v1_ListAuditRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  
  ListEntries(argument: _sheaf_registry_v1_ListEntriesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListEntriesResponse__Output>): grpc.ClientUnaryCall;
  ListEntries(argument: _sheaf_registry_v1_ListEntriesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListEntriesResponse__Output>): grpc.ClientUnaryCall;
  ListEntries(argument: _sheaf_registry_v1_ListEntriesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListEntriesResponse__Output>): grpc.ClientUnaryCall;
  ListEntries(argument: _sheaf_registry_v1_ListEntriesRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListEntriesResponse__Output>): grpc.ClientUnaryCall;
  listEntries(argument: _sheaf_registry_v1_ListEntriesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListEntriesResponse__Output>): grpc.ClientUnaryCall;
  listEntries(argument: _sheaf_registry_v1_ListEntriesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListEntriesResponse__Output>): grpc.ClientUnaryCall;
  listEntries(argument: _sheaf_registry_v1_ListEntriesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListEntriesResponse__Output>): grpc.ClientUnaryCall;
  listEntries(argument: _sheaf_registry_v1_ListEntriesRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListEntriesResponse__Output>): grpc.ClientUnaryCall;
  
  ListHistory(argument: _sheaf_registry_v1_ListHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  ListHistory(argument: _sheaf_registry_v1_ListHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  ListHistory(argument: _sheaf_registry_v1_ListHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  ListHistory(argument: _sheaf_registry_v1_ListHistoryRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  listHistory(argument: _sheaf_registry_v1_ListHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  listHistory(argument: _sheaf_registry_v1_ListHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  listHistory(argument: _sheaf_registry_v1_ListHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  listHistory(argument: _sheaf_registry_v1_ListHistoryRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  
  ListVersions(argument: _sheaf_registry_v1_ListVersionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListVersionsResponse__Output>): grpc.ClientUnaryCall;
  ListVersions(argument: _sheaf_registry_v1_ListVersionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListVersionsResponse__Output>): grpc.ClientUnaryCall;
  ListVersions(argument: _sheaf_registry_v1_ListVersionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListVersionsResponse__Output>): grpc.ClientUnaryCall;
  ListVersions(argument: _sheaf_registry_v1_ListVersionsRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListVersionsResponse__Output>): grpc.ClientUnaryCall;
  listVersions(argument: _sheaf_registry_v1_ListVersionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListVersionsResponse__Output>): grpc.ClientUnaryCall;
  listVersions(argument: _sheaf_registry_v1_ListVersionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ListVersionsResponse__Output>): grpc.ClientUnaryCall;
  listVersions(argument: _sheaf_registry_v1_ListVersionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ListVersionsResponse__Output>): grpc.ClientUnaryCall;
  listVersions(argument: _sheaf_registry_v1_ListVersionsRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ListVersionsResponse__Output>): grpc.ClientUnaryCall;
  
  MoveAlias(argument: _sheaf_registry_v1_MoveAliasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Alias__Output>): grpc.ClientUnaryCall;
  MoveAlias(argument: _sheaf_registry_v1_MoveAliasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Alias__Output>): grpc.ClientUnaryCall;
  MoveAlias(argument: _sheaf_registry_v1_MoveAliasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Alias__Output>): grpc.ClientUnaryCall;
  MoveAlias(argument: _sheaf_registry_v1_MoveAliasRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Alias__Output>): grpc.ClientUnaryCall;
  moveAlias(argument: _sheaf_registry_v1_MoveAliasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Alias__Output>): grpc.ClientUnaryCall;
  moveAlias(argument: _sheaf_registry_v1_MoveAliasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Alias__Output>): grpc.ClientUnaryCall;
  moveAlias(argument: _sheaf_registry_v1_MoveAliasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Alias__Output>): grpc.ClientUnaryCall;
  moveAlias(argument: _sheaf_registry_v1_MoveAliasRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Alias__Output>): grpc.ClientUnaryCall;
  
  Prune(argument: _sheaf_registry_v1_PruneRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_PruneResponse__Output>): grpc.ClientUnaryCall;
  Prune(argument: _sheaf_registry_v1_PruneRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_PruneResponse__Output>): grpc.ClientUnaryCall;
  Prune(argument: _sheaf_registry_v1_PruneRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_PruneResponse__Output>): grpc.ClientUnaryCall;
  Prune(argument: _sheaf_registry_v1_PruneRequest, callback: grpc.requestCallback<_sheaf_registry_v1_PruneResponse__Output>): grpc.ClientUnaryCall;
  prune(argument: _sheaf_registry_v1_PruneRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_PruneResponse__Output>): grpc.ClientUnaryCall;
  prune(argument: _sheaf_registry_v1_PruneRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_PruneResponse__Output>): grpc.ClientUnaryCall;
  prune(argument: _sheaf_registry_v1_PruneRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_PruneResponse__Output>): grpc.ClientUnaryCall;
  prune(argument: _sheaf_registry_v1_PruneRequest, callback: grpc.requestCallback<_sheaf_registry_v1_PruneResponse__Output>): grpc.ClientUnaryCall;
  
  Push(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sheaf_registry_v1_PushRequest, _sheaf_registry_v1_PushResponse__Output>;
  Push(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sheaf_registry_v1_PushRequest, _sheaf_registry_v1_PushResponse__Output>;
  push(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sheaf_registry_v1_PushRequest, _sheaf_registry_v1_PushResponse__Output>;
  push(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sheaf_registry_v1_PushRequest, _sheaf_registry_v1_PushResponse__Output>;
  
  QuarantineVersion(argument: _sheaf_registry_v1_QuarantineVersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  QuarantineVersion(argument: _sheaf_registry_v1_QuarantineVersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  QuarantineVersion(argument: _sheaf_registry_v1_QuarantineVersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  QuarantineVersion(argument: _sheaf_registry_v1_QuarantineVersionRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  quarantineVersion(argument: _sheaf_registry_v1_QuarantineVersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  quarantineVersion(argument: _sheaf_registry_v1_QuarantineVersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  quarantineVersion(argument: _sheaf_registry_v1_QuarantineVersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  quarantineVersion(argument: _sheaf_registry_v1_QuarantineVersionRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  
  ReleaseVersion(argument: _sheaf_registry_v1_ReleaseVersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  ReleaseVersion(argument: _sheaf_registry_v1_ReleaseVersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  ReleaseVersion(argument: _sheaf_registry_v1_ReleaseVersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  ReleaseVersion(argument: _sheaf_registry_v1_ReleaseVersionRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  releaseVersion(argument: _sheaf_registry_v1_ReleaseVersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  releaseVersion(argument: _sheaf_registry_v1_ReleaseVersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  releaseVersion(argument: _sheaf_registry_v1_ReleaseVersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  releaseVersion(argument: _sheaf_registry_v1_ReleaseVersionRequest, callback: grpc.requestCallback<_sheaf_registry_v1_Version__Output>): grpc.ClientUnaryCall;
  
  ReportEvidence(argument: _sheaf_registry_v1_ReportEvidenceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ReportEvidenceResponse__Output>): grpc.ClientUnaryCall;
  ReportEvidence(argument: _sheaf_registry_v1_ReportEvidenceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ReportEvidenceResponse__Output>): grpc.ClientUnaryCall;
  ReportEvidence(argument: _sheaf_registry_v1_ReportEvidenceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ReportEvidenceResponse__Output>): grpc.ClientUnaryCall;
  ReportEvidence(argument: _sheaf_registry_v1_ReportEvidenceRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ReportEvidenceResponse__Output>): grpc.ClientUnaryCall;
  reportEvidence(argument: _sheaf_registry_v1_ReportEvidenceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ReportEvidenceResponse__Output>): grpc.ClientUnaryCall;
  reportEvidence(argument: _sheaf_registry_v1_ReportEvidenceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_ReportEvidenceResponse__Output>): grpc.ClientUnaryCall;
  reportEvidence(argument: _sheaf_registry_v1_ReportEvidenceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_ReportEvidenceResponse__Output>): grpc.ClientUnaryCall;
  reportEvidence(argument: _sheaf_registry_v1_ReportEvidenceRequest, callback: grpc.requestCallback<_sheaf_registry_v1_ReportEvidenceResponse__Output>): grpc.ClientUnaryCall;
  
  StartRollout(argument: _sheaf_registry_v1_StartRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  StartRollout(argument: _sheaf_registry_v1_StartRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  StartRollout(argument: _sheaf_registry_v1_StartRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  StartRollout(argument: _sheaf_registry_v1_StartRolloutRequest, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  startRollout(argument: _sheaf_registry_v1_StartRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  startRollout(argument: _sheaf_registry_v1_StartRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  startRollout(argument: _sheaf_registry_v1_StartRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  startRollout(argument: _sheaf_registry_v1_StartRolloutRequest, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  
  TellRollout(argument: _sheaf_registry_v1_TellRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  TellRollout(argument: _sheaf_registry_v1_TellRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  TellRollout(argument: _sheaf_registry_v1_TellRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  TellRollout(argument: _sheaf_registry_v1_TellRolloutRequest, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  tellRollout(argument: _sheaf_registry_v1_TellRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  tellRollout(argument: _sheaf_registry_v1_TellRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  tellRollout(argument: _sheaf_registry_v1_TellRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  tellRollout(argument: _sheaf_registry_v1_TellRolloutRequest, callback: grpc.requestCallback<_sheaf_registry_v1_RolloutStanding__Output>): grpc.ClientUnaryCall;
  
  Watch(argument: _sheaf_registry_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_registry_v1_Snapshot__Output>;
  Watch(argument: _sheaf_registry_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_registry_v1_Snapshot__Output>;
  watch(argument: _sheaf_registry_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_registry_v1_Snapshot__Output>;
  watch(argument: _sheaf_registry_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_registry_v1_Snapshot__Output>;
  
}

export interface RegistryHandlers extends grpc.UntypedServiceImplementation {
  AddSignature: grpc.handleUnaryCall<_sheaf_registry_v1_AddSignatureRequest__Output, _sheaf_registry_v1_Version>;
  
  DeleteVersion: grpc.handleUnaryCall<_sheaf_registry_v1_DeleteVersionRequest__Output, _sheaf_registry_v1_Version>;
  
  Download: grpc.handleServerStreamingCall<_sheaf_registry_v1_DownloadRequest__Output, _sheaf_registry_v1_DownloadResponse>;
  
  FreezeAlias: grpc.handleUnaryCall<_sheaf_registry_v1_FreezeAliasRequest__Output, _sheaf_registry_v1_ListAliasesResponse>;
  
  GetAliasAt: grpc.handleUnaryCall<_sheaf_registry_v1_GetAliasAtRequest__Output, _sheaf_registry_v1_Version>;
  
  GetRollout: grpc.handleUnaryCall<_sheaf_registry_v1_GetRolloutRequest__Output, _sheaf_registry_v1_RolloutStanding>;
  
  GetVersion: grpc.handleUnaryCall<_sheaf_registry_v1_GetVersionRequest__Output, _sheaf_registry_v1_Version>;
  
  ListAliases: grpc.handleUnaryCall<_sheaf_registry_v1_ListAliasesRequest__Output, _sheaf_registry_v1_ListAliasesResponse>;
  
  ListAudit: grpc.handleUnaryCall<_sheaf_registry_v1_ListAuditRequest__Output, _sheaf_registry_v1_ListAuditResponse>;
  
  ListEntries: grpc.handleUnaryCall<_sheaf_registry_v1_ListEntriesRequest__Output, _sheaf_registry_v1_ListEntriesResponse>;
  
  ListHistory: grpc.handleUnaryCall<_sheaf_registry_v1_ListHistoryRequest__Output, _sheaf_registry_v1_ListHistoryResponse>;
  
  ListVersions: grpc.handleUnaryCall<_sheaf_registry_v1_ListVersionsRequest__Output, _sheaf_registry_v1_ListVersionsResponse>;
  
  MoveAlias: grpc.handleUnaryCall<_sheaf_registry_v1_MoveAliasRequest__Output, _sheaf_registry_v1_Alias>;
  
  Prune: grpc.handleUnaryCall<_sheaf_registry_v1_PruneRequest__Output, _sheaf_registry_v1_PruneResponse>;
  
  Push: grpc.handleBidiStreamingCall<_sheaf_registry_v1_PushRequest__Output, _sheaf_registry_v1_PushResponse>;
  
  QuarantineVersion: grpc.handleUnaryCall<_sheaf_registry_v1_QuarantineVersionRequest__Output, _sheaf_registry_v1_Version>;
  
  ReleaseVersion: grpc.handleUnaryCall<_sheaf_registry_v1_ReleaseVersionRequest__Output, _sheaf_registry_v1_Version>;
  
  ReportEvidence: grpc.handleUnaryCall<_sheaf_registry_v1_ReportEvidenceRequest__Output, _sheaf_registry_v1_ReportEvidenceResponse>;
  
  StartRollout: grpc.handleUnaryCall<_sheaf_registry_v1_StartRolloutRequest__Output, _sheaf_registry_v1_RolloutStanding>;
  
  TellRollout: grpc.handleUnaryCall<_sheaf_registry_v1_TellRolloutRequest__Output, _sheaf_registry_v1_RolloutStanding>;
  
  Watch: grpc.handleServerStreamingCall<_sheaf_registry_v1_WatchRequest__Output, _sheaf_registry_v1_Snapshot>;
  
}

export interface RegistryDefinition extends grpc.ServiceDefinition {
  AddSignature: MethodDefinition<_sheaf_registry_v1_AddSignatureRequest, _sheaf_registry_v1_Version, _sheaf_registry_v1_AddSignatureRequest__Output, _sheaf_registry_v1_Version__Output>
  DeleteVersion: MethodDefinition<_sheaf_registry_v1_DeleteVersionRequest, _sheaf_registry_v1_Version, _sheaf_registry_v1_DeleteVersionRequest__Output, _sheaf_registry_v1_Version__Output>
  Download: MethodDefinition<_sheaf_registry_v1_DownloadRequest, _sheaf_registry_v1_DownloadResponse, _sheaf_registry_v1_DownloadRequest__Output, _sheaf_registry_v1_DownloadResponse__Output>
  FreezeAlias: MethodDefinition<_sheaf_registry_v1_FreezeAliasRequest, _sheaf_registry_v1_ListAliasesResponse, _sheaf_registry_v1_FreezeAliasRequest__Output, _sheaf_registry_v1_ListAliasesResponse__Output>
  GetAliasAt: MethodDefinition<_sheaf_registry_v1_GetAliasAtRequest, _sheaf_registry_v1_Version, _sheaf_registry_v1_GetAliasAtRequest__Output, _sheaf_registry_v1_Version__Output>
  GetRollout: MethodDefinition<_sheaf_registry_v1_GetRolloutRequest, _sheaf_registry_v1_RolloutStanding, _sheaf_registry_v1_GetRolloutRequest__Output, _sheaf_registry_v1_RolloutStanding__Output>
  GetVersion: MethodDefinition<_sheaf_registry_v1_GetVersionRequest, _sheaf_registry_v1_Version, _sheaf_registry_v1_GetVersionRequest__Output, _sheaf_registry_v1_Version__Output>
  ListAliases: MethodDefinition<_sheaf_registry_v1_ListAliasesRequest, _sheaf_registry_v1_ListAliasesResponse, _sheaf_registry_v1_ListAliasesRequest__Output, _sheaf_registry_v1_ListAliasesResponse__Output>
  ListAudit: MethodDefinition<_sheaf_registry_v1_ListAuditRequest, _sheaf_registry_v1_ListAuditResponse, _sheaf_registry_v1_ListAuditRequest__Output, _sheaf_registry_v1_ListAuditResponse__Output>
  ListEntries: MethodDefinition<_sheaf_registry_v1_ListEntriesRequest, _sheaf_registry_v1_ListEntriesResponse, _sheaf_registry_v1_ListEntriesRequest__Output, _sheaf_registry_v1_ListEntriesResponse__Output>
  ListHistory: MethodDefinition<_sheaf_registry_v1_ListHistoryRequest, _sheaf_registry_v1_ListHistoryResponse, _sheaf_registry_v1_ListHistoryRequest__Output, _sheaf_registry_v1_ListHistoryResponse__Output>
  ListVersions: MethodDefinition<_sheaf_registry_v1_ListVersionsRequest, _sheaf_registry_v1_ListVersionsResponse, _sheaf_registry_v1_ListVersionsRequest__Output, _sheaf_registry_v1_ListVersionsResponse__Output>
  MoveAlias: MethodDefinition<_sheaf_registry_v1_MoveAliasRequest, _sheaf_registry_v1_Alias, _sheaf_registry_v1_MoveAliasRequest__Output, _sheaf_registry_v1_Alias__Output>
  Prune: MethodDefinition<_sheaf_registry_v1_PruneRequest, _sheaf_registry_v1_PruneResponse, _sheaf_registry_v1_PruneRequest__Output, _sheaf_registry_v1_PruneResponse__Output>
  Push: MethodDefinition<_sheaf_registry_v1_PushRequest, _sheaf_registry_v1_PushResponse, _sheaf_registry_v1_PushRequest__Output, _sheaf_registry_v1_PushResponse__Output>
  QuarantineVersion: MethodDefinition<_sheaf_registry_v1_QuarantineVersionRequest, _sheaf_registry_v1_Version, _sheaf_registry_v1_QuarantineVersionRequest__Output, _sheaf_registry_v1_Version__Output>
  ReleaseVersion: MethodDefinition<_sheaf_registry_v1_ReleaseVersionRequest, _sheaf_registry_v1_Version, _sheaf_registry_v1_ReleaseVersionRequest__Output, _sheaf_registry_v1_Version__Output>
  ReportEvidence: MethodDefinition<_sheaf_registry_v1_ReportEvidenceRequest, _sheaf_registry_v1_ReportEvidenceResponse, _sheaf_registry_v1_ReportEvidenceRequest__Output, _sheaf_registry_v1_ReportEvidenceResponse__Output>
  StartRollout: MethodDefinition<_sheaf_registry_v1_StartRolloutRequest, _sheaf_registry_v1_RolloutStanding, _sheaf_registry_v1_StartRolloutRequest__Output, _sheaf_registry_v1_RolloutStanding__Output>
  TellRollout: MethodDefinition<_sheaf_registry_v1_TellRolloutRequest, _sheaf_registry_v1_RolloutStanding, _sheaf_registry_v1_TellRolloutRequest__Output, _sheaf_registry_v1_RolloutStanding__Output>
  Watch: MethodDefinition<_sheaf_registry_v1_WatchRequest, _sheaf_registry_v1_Snapshot, _sheaf_registry_v1_WatchRequest__Output, _sheaf_registry_v1_Snapshot__Output>
}
