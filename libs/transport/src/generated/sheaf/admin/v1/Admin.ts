// Original file: proto/sheaf/admin/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ClearQuarantineRequest as _sheaf_admin_v1_ClearQuarantineRequest, ClearQuarantineRequest__Output as _sheaf_admin_v1_ClearQuarantineRequest__Output } from '../../../sheaf/admin/v1/ClearQuarantineRequest.ts';
import type { ClearQuarantineResponse as _sheaf_admin_v1_ClearQuarantineResponse, ClearQuarantineResponse__Output as _sheaf_admin_v1_ClearQuarantineResponse__Output } from '../../../sheaf/admin/v1/ClearQuarantineResponse.ts';
import type { CreateKeyRequest as _sheaf_admin_v1_CreateKeyRequest, CreateKeyRequest__Output as _sheaf_admin_v1_CreateKeyRequest__Output } from '../../../sheaf/admin/v1/CreateKeyRequest.ts';
import type { CreateKeyResponse as _sheaf_admin_v1_CreateKeyResponse, CreateKeyResponse__Output as _sheaf_admin_v1_CreateKeyResponse__Output } from '../../../sheaf/admin/v1/CreateKeyResponse.ts';
import type { DrainRequest as _sheaf_admin_v1_DrainRequest, DrainRequest__Output as _sheaf_admin_v1_DrainRequest__Output } from '../../../sheaf/admin/v1/DrainRequest.ts';
import type { DrainResponse as _sheaf_admin_v1_DrainResponse, DrainResponse__Output as _sheaf_admin_v1_DrainResponse__Output } from '../../../sheaf/admin/v1/DrainResponse.ts';
import type { ForceBreakersRequest as _sheaf_admin_v1_ForceBreakersRequest, ForceBreakersRequest__Output as _sheaf_admin_v1_ForceBreakersRequest__Output } from '../../../sheaf/admin/v1/ForceBreakersRequest.ts';
import type { ForceBreakersResponse as _sheaf_admin_v1_ForceBreakersResponse, ForceBreakersResponse__Output as _sheaf_admin_v1_ForceBreakersResponse__Output } from '../../../sheaf/admin/v1/ForceBreakersResponse.ts';
import type { GetConfigurationRequest as _sheaf_admin_v1_GetConfigurationRequest, GetConfigurationRequest__Output as _sheaf_admin_v1_GetConfigurationRequest__Output } from '../../../sheaf/admin/v1/GetConfigurationRequest.ts';
import type { GetConfigurationResponse as _sheaf_admin_v1_GetConfigurationResponse, GetConfigurationResponse__Output as _sheaf_admin_v1_GetConfigurationResponse__Output } from '../../../sheaf/admin/v1/GetConfigurationResponse.ts';
import type { GetLimitsRequest as _sheaf_admin_v1_GetLimitsRequest, GetLimitsRequest__Output as _sheaf_admin_v1_GetLimitsRequest__Output } from '../../../sheaf/admin/v1/GetLimitsRequest.ts';
import type { GetLimitsResponse as _sheaf_admin_v1_GetLimitsResponse, GetLimitsResponse__Output as _sheaf_admin_v1_GetLimitsResponse__Output } from '../../../sheaf/admin/v1/GetLimitsResponse.ts';
import type { GetLogLevelsRequest as _sheaf_admin_v1_GetLogLevelsRequest, GetLogLevelsRequest__Output as _sheaf_admin_v1_GetLogLevelsRequest__Output } from '../../../sheaf/admin/v1/GetLogLevelsRequest.ts';
import type { GetLogLevelsResponse as _sheaf_admin_v1_GetLogLevelsResponse, GetLogLevelsResponse__Output as _sheaf_admin_v1_GetLogLevelsResponse__Output } from '../../../sheaf/admin/v1/GetLogLevelsResponse.ts';
import type { GetMetricsRequest as _sheaf_admin_v1_GetMetricsRequest, GetMetricsRequest__Output as _sheaf_admin_v1_GetMetricsRequest__Output } from '../../../sheaf/admin/v1/GetMetricsRequest.ts';
import type { GetMetricsResponse as _sheaf_admin_v1_GetMetricsResponse, GetMetricsResponse__Output as _sheaf_admin_v1_GetMetricsResponse__Output } from '../../../sheaf/admin/v1/GetMetricsResponse.ts';
import type { ListAuditRequest as _sheaf_admin_v1_ListAuditRequest, ListAuditRequest__Output as _sheaf_admin_v1_ListAuditRequest__Output } from '../../../sheaf/admin/v1/ListAuditRequest.ts';
import type { ListAuditResponse as _sheaf_admin_v1_ListAuditResponse, ListAuditResponse__Output as _sheaf_admin_v1_ListAuditResponse__Output } from '../../../sheaf/admin/v1/ListAuditResponse.ts';
import type { ListBreakersRequest as _sheaf_admin_v1_ListBreakersRequest, ListBreakersRequest__Output as _sheaf_admin_v1_ListBreakersRequest__Output } from '../../../sheaf/admin/v1/ListBreakersRequest.ts';
import type { ListBreakersResponse as _sheaf_admin_v1_ListBreakersResponse, ListBreakersResponse__Output as _sheaf_admin_v1_ListBreakersResponse__Output } from '../../../sheaf/admin/v1/ListBreakersResponse.ts';
import type { ListKeysRequest as _sheaf_admin_v1_ListKeysRequest, ListKeysRequest__Output as _sheaf_admin_v1_ListKeysRequest__Output } from '../../../sheaf/admin/v1/ListKeysRequest.ts';
import type { ListKeysResponse as _sheaf_admin_v1_ListKeysResponse, ListKeysResponse__Output as _sheaf_admin_v1_ListKeysResponse__Output } from '../../../sheaf/admin/v1/ListKeysResponse.ts';
import type { ListQuarantineRequest as _sheaf_admin_v1_ListQuarantineRequest, ListQuarantineRequest__Output as _sheaf_admin_v1_ListQuarantineRequest__Output } from '../../../sheaf/admin/v1/ListQuarantineRequest.ts';
import type { ListQuarantineResponse as _sheaf_admin_v1_ListQuarantineResponse, ListQuarantineResponse__Output as _sheaf_admin_v1_ListQuarantineResponse__Output } from '../../../sheaf/admin/v1/ListQuarantineResponse.ts';
import type { ReloadRequest as _sheaf_admin_v1_ReloadRequest, ReloadRequest__Output as _sheaf_admin_v1_ReloadRequest__Output } from '../../../sheaf/admin/v1/ReloadRequest.ts';
import type { ReloadResponse as _sheaf_admin_v1_ReloadResponse, ReloadResponse__Output as _sheaf_admin_v1_ReloadResponse__Output } from '../../../sheaf/admin/v1/ReloadResponse.ts';
import type { RevokeKeyRequest as _sheaf_admin_v1_RevokeKeyRequest, RevokeKeyRequest__Output as _sheaf_admin_v1_RevokeKeyRequest__Output } from '../../../sheaf/admin/v1/RevokeKeyRequest.ts';
import type { RevokeKeyResponse as _sheaf_admin_v1_RevokeKeyResponse, RevokeKeyResponse__Output as _sheaf_admin_v1_RevokeKeyResponse__Output } from '../../../sheaf/admin/v1/RevokeKeyResponse.ts';
import type { RotateKeyRequest as _sheaf_admin_v1_RotateKeyRequest, RotateKeyRequest__Output as _sheaf_admin_v1_RotateKeyRequest__Output } from '../../../sheaf/admin/v1/RotateKeyRequest.ts';
import type { RotateKeyResponse as _sheaf_admin_v1_RotateKeyResponse, RotateKeyResponse__Output as _sheaf_admin_v1_RotateKeyResponse__Output } from '../../../sheaf/admin/v1/RotateKeyResponse.ts';
import type { SetLogLevelsRequest as _sheaf_admin_v1_SetLogLevelsRequest, SetLogLevelsRequest__Output as _sheaf_admin_v1_SetLogLevelsRequest__Output } from '../../../sheaf/admin/v1/SetLogLevelsRequest.ts';
import type { SetLogLevelsResponse as _sheaf_admin_v1_SetLogLevelsResponse, SetLogLevelsResponse__Output as _sheaf_admin_v1_SetLogLevelsResponse__Output } from '../../../sheaf/admin/v1/SetLogLevelsResponse.ts';

export interface AdminClient extends grpc.Client {
  ClearQuarantine(argument: _sheaf_admin_v1_ClearQuarantineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ClearQuarantineResponse__Output>): grpc.ClientUnaryCall;
  ClearQuarantine(argument: _sheaf_admin_v1_ClearQuarantineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ClearQuarantineResponse__Output>): grpc.ClientUnaryCall;
  ClearQuarantine(argument: _sheaf_admin_v1_ClearQuarantineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ClearQuarantineResponse__Output>): grpc.ClientUnaryCall;
  ClearQuarantine(argument: _sheaf_admin_v1_ClearQuarantineRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ClearQuarantineResponse__Output>): grpc.ClientUnaryCall;
  clearQuarantine(argument: _sheaf_admin_v1_ClearQuarantineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ClearQuarantineResponse__Output>): grpc.ClientUnaryCall;
  clearQuarantine(argument: _sheaf_admin_v1_ClearQuarantineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ClearQuarantineResponse__Output>): grpc.ClientUnaryCall;
  clearQuarantine(argument: _sheaf_admin_v1_ClearQuarantineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ClearQuarantineResponse__Output>): grpc.ClientUnaryCall;
  clearQuarantine(argument: _sheaf_admin_v1_ClearQuarantineRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ClearQuarantineResponse__Output>): grpc.ClientUnaryCall;
  
  CreateKey(argument: _sheaf_admin_v1_CreateKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  CreateKey(argument: _sheaf_admin_v1_CreateKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  CreateKey(argument: _sheaf_admin_v1_CreateKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  CreateKey(argument: _sheaf_admin_v1_CreateKeyRequest, callback: grpc.requestCallback<_sheaf_admin_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  createKey(argument: _sheaf_admin_v1_CreateKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  createKey(argument: _sheaf_admin_v1_CreateKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  createKey(argument: _sheaf_admin_v1_CreateKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  createKey(argument: _sheaf_admin_v1_CreateKeyRequest, callback: grpc.requestCallback<_sheaf_admin_v1_CreateKeyResponse__Output>): grpc.ClientUnaryCall;
  
  Drain(argument: _sheaf_admin_v1_DrainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_DrainResponse__Output>): grpc.ClientUnaryCall;
  Drain(argument: _sheaf_admin_v1_DrainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_DrainResponse__Output>): grpc.ClientUnaryCall;
  Drain(argument: _sheaf_admin_v1_DrainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_DrainResponse__Output>): grpc.ClientUnaryCall;
  Drain(argument: _sheaf_admin_v1_DrainRequest, callback: grpc.requestCallback<_sheaf_admin_v1_DrainResponse__Output>): grpc.ClientUnaryCall;
  drain(argument: _sheaf_admin_v1_DrainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_DrainResponse__Output>): grpc.ClientUnaryCall;
  drain(argument: _sheaf_admin_v1_DrainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_DrainResponse__Output>): grpc.ClientUnaryCall;
  drain(argument: _sheaf_admin_v1_DrainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_DrainResponse__Output>): grpc.ClientUnaryCall;
  drain(argument: _sheaf_admin_v1_DrainRequest, callback: grpc.requestCallback<_sheaf_admin_v1_DrainResponse__Output>): grpc.ClientUnaryCall;
  
  ForceBreakers(argument: _sheaf_admin_v1_ForceBreakersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ForceBreakersResponse__Output>): grpc.ClientUnaryCall;
  ForceBreakers(argument: _sheaf_admin_v1_ForceBreakersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ForceBreakersResponse__Output>): grpc.ClientUnaryCall;
  ForceBreakers(argument: _sheaf_admin_v1_ForceBreakersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ForceBreakersResponse__Output>): grpc.ClientUnaryCall;
  ForceBreakers(argument: _sheaf_admin_v1_ForceBreakersRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ForceBreakersResponse__Output>): grpc.ClientUnaryCall;
  forceBreakers(argument: _sheaf_admin_v1_ForceBreakersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ForceBreakersResponse__Output>): grpc.ClientUnaryCall;
  forceBreakers(argument: _sheaf_admin_v1_ForceBreakersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ForceBreakersResponse__Output>): grpc.ClientUnaryCall;
  forceBreakers(argument: _sheaf_admin_v1_ForceBreakersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ForceBreakersResponse__Output>): grpc.ClientUnaryCall;
  forceBreakers(argument: _sheaf_admin_v1_ForceBreakersRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ForceBreakersResponse__Output>): grpc.ClientUnaryCall;
  
  GetConfiguration(argument: _sheaf_admin_v1_GetConfigurationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetConfigurationResponse__Output>): grpc.ClientUnaryCall;
  GetConfiguration(argument: _sheaf_admin_v1_GetConfigurationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_GetConfigurationResponse__Output>): grpc.ClientUnaryCall;
  GetConfiguration(argument: _sheaf_admin_v1_GetConfigurationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetConfigurationResponse__Output>): grpc.ClientUnaryCall;
  GetConfiguration(argument: _sheaf_admin_v1_GetConfigurationRequest, callback: grpc.requestCallback<_sheaf_admin_v1_GetConfigurationResponse__Output>): grpc.ClientUnaryCall;
  getConfiguration(argument: _sheaf_admin_v1_GetConfigurationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetConfigurationResponse__Output>): grpc.ClientUnaryCall;
  getConfiguration(argument: _sheaf_admin_v1_GetConfigurationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_GetConfigurationResponse__Output>): grpc.ClientUnaryCall;
  getConfiguration(argument: _sheaf_admin_v1_GetConfigurationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetConfigurationResponse__Output>): grpc.ClientUnaryCall;
  getConfiguration(argument: _sheaf_admin_v1_GetConfigurationRequest, callback: grpc.requestCallback<_sheaf_admin_v1_GetConfigurationResponse__Output>): grpc.ClientUnaryCall;
  
  GetLimits(argument: _sheaf_admin_v1_GetLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetLimitsResponse__Output>): grpc.ClientUnaryCall;
  GetLimits(argument: _sheaf_admin_v1_GetLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_GetLimitsResponse__Output>): grpc.ClientUnaryCall;
  GetLimits(argument: _sheaf_admin_v1_GetLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetLimitsResponse__Output>): grpc.ClientUnaryCall;
  GetLimits(argument: _sheaf_admin_v1_GetLimitsRequest, callback: grpc.requestCallback<_sheaf_admin_v1_GetLimitsResponse__Output>): grpc.ClientUnaryCall;
  getLimits(argument: _sheaf_admin_v1_GetLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetLimitsResponse__Output>): grpc.ClientUnaryCall;
  getLimits(argument: _sheaf_admin_v1_GetLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_GetLimitsResponse__Output>): grpc.ClientUnaryCall;
  getLimits(argument: _sheaf_admin_v1_GetLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetLimitsResponse__Output>): grpc.ClientUnaryCall;
  getLimits(argument: _sheaf_admin_v1_GetLimitsRequest, callback: grpc.requestCallback<_sheaf_admin_v1_GetLimitsResponse__Output>): grpc.ClientUnaryCall;
  
  GetLogLevels(argument: _sheaf_admin_v1_GetLogLevelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  GetLogLevels(argument: _sheaf_admin_v1_GetLogLevelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_GetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  GetLogLevels(argument: _sheaf_admin_v1_GetLogLevelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  GetLogLevels(argument: _sheaf_admin_v1_GetLogLevelsRequest, callback: grpc.requestCallback<_sheaf_admin_v1_GetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  getLogLevels(argument: _sheaf_admin_v1_GetLogLevelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  getLogLevels(argument: _sheaf_admin_v1_GetLogLevelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_GetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  getLogLevels(argument: _sheaf_admin_v1_GetLogLevelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  getLogLevels(argument: _sheaf_admin_v1_GetLogLevelsRequest, callback: grpc.requestCallback<_sheaf_admin_v1_GetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  
  GetMetrics(argument: _sheaf_admin_v1_GetMetricsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  GetMetrics(argument: _sheaf_admin_v1_GetMetricsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  GetMetrics(argument: _sheaf_admin_v1_GetMetricsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  GetMetrics(argument: _sheaf_admin_v1_GetMetricsRequest, callback: grpc.requestCallback<_sheaf_admin_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _sheaf_admin_v1_GetMetricsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _sheaf_admin_v1_GetMetricsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _sheaf_admin_v1_GetMetricsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _sheaf_admin_v1_GetMetricsRequest, callback: grpc.requestCallback<_sheaf_admin_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  
  ListAudit(argument: _sheaf_admin_v1_ListAuditRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  ListAudit(argument: _sheaf_admin_v1_ListAuditRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  ListAudit(argument: _sheaf_admin_v1_ListAuditRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  ListAudit(argument: _sheaf_admin_v1_ListAuditRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _sheaf_admin_v1_ListAuditRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _sheaf_admin_v1_ListAuditRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _sheaf_admin_v1_ListAuditRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _sheaf_admin_v1_ListAuditRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ListAuditResponse__Output>): grpc.ClientUnaryCall;
  
  ListBreakers(argument: _sheaf_admin_v1_ListBreakersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListBreakersResponse__Output>): grpc.ClientUnaryCall;
  ListBreakers(argument: _sheaf_admin_v1_ListBreakersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ListBreakersResponse__Output>): grpc.ClientUnaryCall;
  ListBreakers(argument: _sheaf_admin_v1_ListBreakersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListBreakersResponse__Output>): grpc.ClientUnaryCall;
  ListBreakers(argument: _sheaf_admin_v1_ListBreakersRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ListBreakersResponse__Output>): grpc.ClientUnaryCall;
  listBreakers(argument: _sheaf_admin_v1_ListBreakersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListBreakersResponse__Output>): grpc.ClientUnaryCall;
  listBreakers(argument: _sheaf_admin_v1_ListBreakersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ListBreakersResponse__Output>): grpc.ClientUnaryCall;
  listBreakers(argument: _sheaf_admin_v1_ListBreakersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListBreakersResponse__Output>): grpc.ClientUnaryCall;
  listBreakers(argument: _sheaf_admin_v1_ListBreakersRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ListBreakersResponse__Output>): grpc.ClientUnaryCall;
  
  ListKeys(argument: _sheaf_admin_v1_ListKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  ListKeys(argument: _sheaf_admin_v1_ListKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  ListKeys(argument: _sheaf_admin_v1_ListKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  ListKeys(argument: _sheaf_admin_v1_ListKeysRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  listKeys(argument: _sheaf_admin_v1_ListKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  listKeys(argument: _sheaf_admin_v1_ListKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  listKeys(argument: _sheaf_admin_v1_ListKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  listKeys(argument: _sheaf_admin_v1_ListKeysRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ListKeysResponse__Output>): grpc.ClientUnaryCall;
  
  ListQuarantine(argument: _sheaf_admin_v1_ListQuarantineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListQuarantineResponse__Output>): grpc.ClientUnaryCall;
  ListQuarantine(argument: _sheaf_admin_v1_ListQuarantineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ListQuarantineResponse__Output>): grpc.ClientUnaryCall;
  ListQuarantine(argument: _sheaf_admin_v1_ListQuarantineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListQuarantineResponse__Output>): grpc.ClientUnaryCall;
  ListQuarantine(argument: _sheaf_admin_v1_ListQuarantineRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ListQuarantineResponse__Output>): grpc.ClientUnaryCall;
  listQuarantine(argument: _sheaf_admin_v1_ListQuarantineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListQuarantineResponse__Output>): grpc.ClientUnaryCall;
  listQuarantine(argument: _sheaf_admin_v1_ListQuarantineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ListQuarantineResponse__Output>): grpc.ClientUnaryCall;
  listQuarantine(argument: _sheaf_admin_v1_ListQuarantineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ListQuarantineResponse__Output>): grpc.ClientUnaryCall;
  listQuarantine(argument: _sheaf_admin_v1_ListQuarantineRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ListQuarantineResponse__Output>): grpc.ClientUnaryCall;
  
  Reload(argument: _sheaf_admin_v1_ReloadRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ReloadResponse__Output>): grpc.ClientUnaryCall;
  Reload(argument: _sheaf_admin_v1_ReloadRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ReloadResponse__Output>): grpc.ClientUnaryCall;
  Reload(argument: _sheaf_admin_v1_ReloadRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ReloadResponse__Output>): grpc.ClientUnaryCall;
  Reload(argument: _sheaf_admin_v1_ReloadRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ReloadResponse__Output>): grpc.ClientUnaryCall;
  reload(argument: _sheaf_admin_v1_ReloadRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ReloadResponse__Output>): grpc.ClientUnaryCall;
  reload(argument: _sheaf_admin_v1_ReloadRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_ReloadResponse__Output>): grpc.ClientUnaryCall;
  reload(argument: _sheaf_admin_v1_ReloadRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_ReloadResponse__Output>): grpc.ClientUnaryCall;
  reload(argument: _sheaf_admin_v1_ReloadRequest, callback: grpc.requestCallback<_sheaf_admin_v1_ReloadResponse__Output>): grpc.ClientUnaryCall;
  
  RevokeKey(argument: _sheaf_admin_v1_RevokeKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_RevokeKeyResponse__Output>): grpc.ClientUnaryCall;
  RevokeKey(argument: _sheaf_admin_v1_RevokeKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_RevokeKeyResponse__Output>): grpc.ClientUnaryCall;
  RevokeKey(argument: _sheaf_admin_v1_RevokeKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_RevokeKeyResponse__Output>): grpc.ClientUnaryCall;
  RevokeKey(argument: _sheaf_admin_v1_RevokeKeyRequest, callback: grpc.requestCallback<_sheaf_admin_v1_RevokeKeyResponse__Output>): grpc.ClientUnaryCall;
  revokeKey(argument: _sheaf_admin_v1_RevokeKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_RevokeKeyResponse__Output>): grpc.ClientUnaryCall;
  revokeKey(argument: _sheaf_admin_v1_RevokeKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_RevokeKeyResponse__Output>): grpc.ClientUnaryCall;
  revokeKey(argument: _sheaf_admin_v1_RevokeKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_RevokeKeyResponse__Output>): grpc.ClientUnaryCall;
  revokeKey(argument: _sheaf_admin_v1_RevokeKeyRequest, callback: grpc.requestCallback<_sheaf_admin_v1_RevokeKeyResponse__Output>): grpc.ClientUnaryCall;
  
  RotateKey(argument: _sheaf_admin_v1_RotateKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_RotateKeyResponse__Output>): grpc.ClientUnaryCall;
  RotateKey(argument: _sheaf_admin_v1_RotateKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_RotateKeyResponse__Output>): grpc.ClientUnaryCall;
  RotateKey(argument: _sheaf_admin_v1_RotateKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_RotateKeyResponse__Output>): grpc.ClientUnaryCall;
  RotateKey(argument: _sheaf_admin_v1_RotateKeyRequest, callback: grpc.requestCallback<_sheaf_admin_v1_RotateKeyResponse__Output>): grpc.ClientUnaryCall;
  rotateKey(argument: _sheaf_admin_v1_RotateKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_RotateKeyResponse__Output>): grpc.ClientUnaryCall;
  rotateKey(argument: _sheaf_admin_v1_RotateKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_RotateKeyResponse__Output>): grpc.ClientUnaryCall;
  rotateKey(argument: _sheaf_admin_v1_RotateKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_RotateKeyResponse__Output>): grpc.ClientUnaryCall;
  rotateKey(argument: _sheaf_admin_v1_RotateKeyRequest, callback: grpc.requestCallback<_sheaf_admin_v1_RotateKeyResponse__Output>): grpc.ClientUnaryCall;
  
  SetLogLevels(argument: _sheaf_admin_v1_SetLogLevelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_SetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  SetLogLevels(argument: _sheaf_admin_v1_SetLogLevelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_SetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  SetLogLevels(argument: _sheaf_admin_v1_SetLogLevelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_SetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  SetLogLevels(argument: _sheaf_admin_v1_SetLogLevelsRequest, callback: grpc.requestCallback<_sheaf_admin_v1_SetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  setLogLevels(argument: _sheaf_admin_v1_SetLogLevelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_SetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  setLogLevels(argument: _sheaf_admin_v1_SetLogLevelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_admin_v1_SetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  setLogLevels(argument: _sheaf_admin_v1_SetLogLevelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_admin_v1_SetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  setLogLevels(argument: _sheaf_admin_v1_SetLogLevelsRequest, callback: grpc.requestCallback<_sheaf_admin_v1_SetLogLevelsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface AdminHandlers extends grpc.UntypedServiceImplementation {
  ClearQuarantine: grpc.handleUnaryCall<_sheaf_admin_v1_ClearQuarantineRequest__Output, _sheaf_admin_v1_ClearQuarantineResponse>;
  
  CreateKey: grpc.handleUnaryCall<_sheaf_admin_v1_CreateKeyRequest__Output, _sheaf_admin_v1_CreateKeyResponse>;
  
  Drain: grpc.handleUnaryCall<_sheaf_admin_v1_DrainRequest__Output, _sheaf_admin_v1_DrainResponse>;
  
  ForceBreakers: grpc.handleUnaryCall<_sheaf_admin_v1_ForceBreakersRequest__Output, _sheaf_admin_v1_ForceBreakersResponse>;
  
  GetConfiguration: grpc.handleUnaryCall<_sheaf_admin_v1_GetConfigurationRequest__Output, _sheaf_admin_v1_GetConfigurationResponse>;
  
  GetLimits: grpc.handleUnaryCall<_sheaf_admin_v1_GetLimitsRequest__Output, _sheaf_admin_v1_GetLimitsResponse>;
  
  GetLogLevels: grpc.handleUnaryCall<_sheaf_admin_v1_GetLogLevelsRequest__Output, _sheaf_admin_v1_GetLogLevelsResponse>;
  
  GetMetrics: grpc.handleUnaryCall<_sheaf_admin_v1_GetMetricsRequest__Output, _sheaf_admin_v1_GetMetricsResponse>;
  
  ListAudit: grpc.handleUnaryCall<_sheaf_admin_v1_ListAuditRequest__Output, _sheaf_admin_v1_ListAuditResponse>;
  
  ListBreakers: grpc.handleUnaryCall<_sheaf_admin_v1_ListBreakersRequest__Output, _sheaf_admin_v1_ListBreakersResponse>;
  
  ListKeys: grpc.handleUnaryCall<_sheaf_admin_v1_ListKeysRequest__Output, _sheaf_admin_v1_ListKeysResponse>;
  
  ListQuarantine: grpc.handleUnaryCall<_sheaf_admin_v1_ListQuarantineRequest__Output, _sheaf_admin_v1_ListQuarantineResponse>;
  
  Reload: grpc.handleUnaryCall<_sheaf_admin_v1_ReloadRequest__Output, _sheaf_admin_v1_ReloadResponse>;
  
  RevokeKey: grpc.handleUnaryCall<_sheaf_admin_v1_RevokeKeyRequest__Output, _sheaf_admin_v1_RevokeKeyResponse>;
  
  RotateKey: grpc.handleUnaryCall<_sheaf_admin_v1_RotateKeyRequest__Output, _sheaf_admin_v1_RotateKeyResponse>;
  
  SetLogLevels: grpc.handleUnaryCall<_sheaf_admin_v1_SetLogLevelsRequest__Output, _sheaf_admin_v1_SetLogLevelsResponse>;
  
}

export interface AdminDefinition extends grpc.ServiceDefinition {
  ClearQuarantine: MethodDefinition<_sheaf_admin_v1_ClearQuarantineRequest, _sheaf_admin_v1_ClearQuarantineResponse, _sheaf_admin_v1_ClearQuarantineRequest__Output, _sheaf_admin_v1_ClearQuarantineResponse__Output>
  CreateKey: MethodDefinition<_sheaf_admin_v1_CreateKeyRequest, _sheaf_admin_v1_CreateKeyResponse, _sheaf_admin_v1_CreateKeyRequest__Output, _sheaf_admin_v1_CreateKeyResponse__Output>
  Drain: MethodDefinition<_sheaf_admin_v1_DrainRequest, _sheaf_admin_v1_DrainResponse, _sheaf_admin_v1_DrainRequest__Output, _sheaf_admin_v1_DrainResponse__Output>
  ForceBreakers: MethodDefinition<_sheaf_admin_v1_ForceBreakersRequest, _sheaf_admin_v1_ForceBreakersResponse, _sheaf_admin_v1_ForceBreakersRequest__Output, _sheaf_admin_v1_ForceBreakersResponse__Output>
  GetConfiguration: MethodDefinition<_sheaf_admin_v1_GetConfigurationRequest, _sheaf_admin_v1_GetConfigurationResponse, _sheaf_admin_v1_GetConfigurationRequest__Output, _sheaf_admin_v1_GetConfigurationResponse__Output>
  GetLimits: MethodDefinition<_sheaf_admin_v1_GetLimitsRequest, _sheaf_admin_v1_GetLimitsResponse, _sheaf_admin_v1_GetLimitsRequest__Output, _sheaf_admin_v1_GetLimitsResponse__Output>
  GetLogLevels: MethodDefinition<_sheaf_admin_v1_GetLogLevelsRequest, _sheaf_admin_v1_GetLogLevelsResponse, _sheaf_admin_v1_GetLogLevelsRequest__Output, _sheaf_admin_v1_GetLogLevelsResponse__Output>
  GetMetrics: MethodDefinition<_sheaf_admin_v1_GetMetricsRequest, _sheaf_admin_v1_GetMetricsResponse, _sheaf_admin_v1_GetMetricsRequest__Output, _sheaf_admin_v1_GetMetricsResponse__Output>
  ListAudit: MethodDefinition<_sheaf_admin_v1_ListAuditRequest, _sheaf_admin_v1_ListAuditResponse, _sheaf_admin_v1_ListAuditRequest__Output, _sheaf_admin_v1_ListAuditResponse__Output>
  ListBreakers: MethodDefinition<_sheaf_admin_v1_ListBreakersRequest, _sheaf_admin_v1_ListBreakersResponse, _sheaf_admin_v1_ListBreakersRequest__Output, _sheaf_admin_v1_ListBreakersResponse__Output>
  ListKeys: MethodDefinition<_sheaf_admin_v1_ListKeysRequest, _sheaf_admin_v1_ListKeysResponse, _sheaf_admin_v1_ListKeysRequest__Output, _sheaf_admin_v1_ListKeysResponse__Output>
  ListQuarantine: MethodDefinition<_sheaf_admin_v1_ListQuarantineRequest, _sheaf_admin_v1_ListQuarantineResponse, _sheaf_admin_v1_ListQuarantineRequest__Output, _sheaf_admin_v1_ListQuarantineResponse__Output>
  Reload: MethodDefinition<_sheaf_admin_v1_ReloadRequest, _sheaf_admin_v1_ReloadResponse, _sheaf_admin_v1_ReloadRequest__Output, _sheaf_admin_v1_ReloadResponse__Output>
  RevokeKey: MethodDefinition<_sheaf_admin_v1_RevokeKeyRequest, _sheaf_admin_v1_RevokeKeyResponse, _sheaf_admin_v1_RevokeKeyRequest__Output, _sheaf_admin_v1_RevokeKeyResponse__Output>
  RotateKey: MethodDefinition<_sheaf_admin_v1_RotateKeyRequest, _sheaf_admin_v1_RotateKeyResponse, _sheaf_admin_v1_RotateKeyRequest__Output, _sheaf_admin_v1_RotateKeyResponse__Output>
  SetLogLevels: MethodDefinition<_sheaf_admin_v1_SetLogLevelsRequest, _sheaf_admin_v1_SetLogLevelsResponse, _sheaf_admin_v1_SetLogLevelsRequest__Output, _sheaf_admin_v1_SetLogLevelsResponse__Output>
}
