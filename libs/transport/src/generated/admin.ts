import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AdminClient as _sheaf_admin_v1_AdminClient, AdminDefinition as _sheaf_admin_v1_AdminDefinition } from './sheaf/admin/v1/Admin.ts';
import type { ApiKey as _sheaf_admin_v1_ApiKey, ApiKey__Output as _sheaf_admin_v1_ApiKey__Output } from './sheaf/admin/v1/ApiKey.ts';
import type { AuditEntry as _sheaf_admin_v1_AuditEntry, AuditEntry__Output as _sheaf_admin_v1_AuditEntry__Output } from './sheaf/admin/v1/AuditEntry.ts';
import type { Breaker as _sheaf_admin_v1_Breaker, Breaker__Output as _sheaf_admin_v1_Breaker__Output } from './sheaf/admin/v1/Breaker.ts';
import type { Bucket as _sheaf_admin_v1_Bucket, Bucket__Output as _sheaf_admin_v1_Bucket__Output } from './sheaf/admin/v1/Bucket.ts';
import type { ClearQuarantineRequest as _sheaf_admin_v1_ClearQuarantineRequest, ClearQuarantineRequest__Output as _sheaf_admin_v1_ClearQuarantineRequest__Output } from './sheaf/admin/v1/ClearQuarantineRequest.ts';
import type { ClearQuarantineResponse as _sheaf_admin_v1_ClearQuarantineResponse, ClearQuarantineResponse__Output as _sheaf_admin_v1_ClearQuarantineResponse__Output } from './sheaf/admin/v1/ClearQuarantineResponse.ts';
import type { CreateKeyRequest as _sheaf_admin_v1_CreateKeyRequest, CreateKeyRequest__Output as _sheaf_admin_v1_CreateKeyRequest__Output } from './sheaf/admin/v1/CreateKeyRequest.ts';
import type { CreateKeyResponse as _sheaf_admin_v1_CreateKeyResponse, CreateKeyResponse__Output as _sheaf_admin_v1_CreateKeyResponse__Output } from './sheaf/admin/v1/CreateKeyResponse.ts';
import type { DrainRequest as _sheaf_admin_v1_DrainRequest, DrainRequest__Output as _sheaf_admin_v1_DrainRequest__Output } from './sheaf/admin/v1/DrainRequest.ts';
import type { DrainResponse as _sheaf_admin_v1_DrainResponse, DrainResponse__Output as _sheaf_admin_v1_DrainResponse__Output } from './sheaf/admin/v1/DrainResponse.ts';
import type { ForceBreakersRequest as _sheaf_admin_v1_ForceBreakersRequest, ForceBreakersRequest__Output as _sheaf_admin_v1_ForceBreakersRequest__Output } from './sheaf/admin/v1/ForceBreakersRequest.ts';
import type { ForceBreakersResponse as _sheaf_admin_v1_ForceBreakersResponse, ForceBreakersResponse__Output as _sheaf_admin_v1_ForceBreakersResponse__Output } from './sheaf/admin/v1/ForceBreakersResponse.ts';
import type { GetConfigurationRequest as _sheaf_admin_v1_GetConfigurationRequest, GetConfigurationRequest__Output as _sheaf_admin_v1_GetConfigurationRequest__Output } from './sheaf/admin/v1/GetConfigurationRequest.ts';
import type { GetConfigurationResponse as _sheaf_admin_v1_GetConfigurationResponse, GetConfigurationResponse__Output as _sheaf_admin_v1_GetConfigurationResponse__Output } from './sheaf/admin/v1/GetConfigurationResponse.ts';
import type { GetLimitsRequest as _sheaf_admin_v1_GetLimitsRequest, GetLimitsRequest__Output as _sheaf_admin_v1_GetLimitsRequest__Output } from './sheaf/admin/v1/GetLimitsRequest.ts';
import type { GetLimitsResponse as _sheaf_admin_v1_GetLimitsResponse, GetLimitsResponse__Output as _sheaf_admin_v1_GetLimitsResponse__Output } from './sheaf/admin/v1/GetLimitsResponse.ts';
import type { GetLogLevelsRequest as _sheaf_admin_v1_GetLogLevelsRequest, GetLogLevelsRequest__Output as _sheaf_admin_v1_GetLogLevelsRequest__Output } from './sheaf/admin/v1/GetLogLevelsRequest.ts';
import type { GetLogLevelsResponse as _sheaf_admin_v1_GetLogLevelsResponse, GetLogLevelsResponse__Output as _sheaf_admin_v1_GetLogLevelsResponse__Output } from './sheaf/admin/v1/GetLogLevelsResponse.ts';
import type { GetMetricsRequest as _sheaf_admin_v1_GetMetricsRequest, GetMetricsRequest__Output as _sheaf_admin_v1_GetMetricsRequest__Output } from './sheaf/admin/v1/GetMetricsRequest.ts';
import type { GetMetricsResponse as _sheaf_admin_v1_GetMetricsResponse, GetMetricsResponse__Output as _sheaf_admin_v1_GetMetricsResponse__Output } from './sheaf/admin/v1/GetMetricsResponse.ts';
import type { Limit as _sheaf_admin_v1_Limit, Limit__Output as _sheaf_admin_v1_Limit__Output } from './sheaf/admin/v1/Limit.ts';
import type { ListAuditRequest as _sheaf_admin_v1_ListAuditRequest, ListAuditRequest__Output as _sheaf_admin_v1_ListAuditRequest__Output } from './sheaf/admin/v1/ListAuditRequest.ts';
import type { ListAuditResponse as _sheaf_admin_v1_ListAuditResponse, ListAuditResponse__Output as _sheaf_admin_v1_ListAuditResponse__Output } from './sheaf/admin/v1/ListAuditResponse.ts';
import type { ListBreakersRequest as _sheaf_admin_v1_ListBreakersRequest, ListBreakersRequest__Output as _sheaf_admin_v1_ListBreakersRequest__Output } from './sheaf/admin/v1/ListBreakersRequest.ts';
import type { ListBreakersResponse as _sheaf_admin_v1_ListBreakersResponse, ListBreakersResponse__Output as _sheaf_admin_v1_ListBreakersResponse__Output } from './sheaf/admin/v1/ListBreakersResponse.ts';
import type { ListKeysRequest as _sheaf_admin_v1_ListKeysRequest, ListKeysRequest__Output as _sheaf_admin_v1_ListKeysRequest__Output } from './sheaf/admin/v1/ListKeysRequest.ts';
import type { ListKeysResponse as _sheaf_admin_v1_ListKeysResponse, ListKeysResponse__Output as _sheaf_admin_v1_ListKeysResponse__Output } from './sheaf/admin/v1/ListKeysResponse.ts';
import type { ListQuarantineRequest as _sheaf_admin_v1_ListQuarantineRequest, ListQuarantineRequest__Output as _sheaf_admin_v1_ListQuarantineRequest__Output } from './sheaf/admin/v1/ListQuarantineRequest.ts';
import type { ListQuarantineResponse as _sheaf_admin_v1_ListQuarantineResponse, ListQuarantineResponse__Output as _sheaf_admin_v1_ListQuarantineResponse__Output } from './sheaf/admin/v1/ListQuarantineResponse.ts';
import type { Offender as _sheaf_admin_v1_Offender, Offender__Output as _sheaf_admin_v1_Offender__Output } from './sheaf/admin/v1/Offender.ts';
import type { QuarantinedRequest as _sheaf_admin_v1_QuarantinedRequest, QuarantinedRequest__Output as _sheaf_admin_v1_QuarantinedRequest__Output } from './sheaf/admin/v1/QuarantinedRequest.ts';
import type { ReloadRequest as _sheaf_admin_v1_ReloadRequest, ReloadRequest__Output as _sheaf_admin_v1_ReloadRequest__Output } from './sheaf/admin/v1/ReloadRequest.ts';
import type { ReloadResponse as _sheaf_admin_v1_ReloadResponse, ReloadResponse__Output as _sheaf_admin_v1_ReloadResponse__Output } from './sheaf/admin/v1/ReloadResponse.ts';
import type { RevokeKeyRequest as _sheaf_admin_v1_RevokeKeyRequest, RevokeKeyRequest__Output as _sheaf_admin_v1_RevokeKeyRequest__Output } from './sheaf/admin/v1/RevokeKeyRequest.ts';
import type { RevokeKeyResponse as _sheaf_admin_v1_RevokeKeyResponse, RevokeKeyResponse__Output as _sheaf_admin_v1_RevokeKeyResponse__Output } from './sheaf/admin/v1/RevokeKeyResponse.ts';
import type { RoomLevel as _sheaf_admin_v1_RoomLevel, RoomLevel__Output as _sheaf_admin_v1_RoomLevel__Output } from './sheaf/admin/v1/RoomLevel.ts';
import type { RotateKeyRequest as _sheaf_admin_v1_RotateKeyRequest, RotateKeyRequest__Output as _sheaf_admin_v1_RotateKeyRequest__Output } from './sheaf/admin/v1/RotateKeyRequest.ts';
import type { RotateKeyResponse as _sheaf_admin_v1_RotateKeyResponse, RotateKeyResponse__Output as _sheaf_admin_v1_RotateKeyResponse__Output } from './sheaf/admin/v1/RotateKeyResponse.ts';
import type { SetLogLevelsRequest as _sheaf_admin_v1_SetLogLevelsRequest, SetLogLevelsRequest__Output as _sheaf_admin_v1_SetLogLevelsRequest__Output } from './sheaf/admin/v1/SetLogLevelsRequest.ts';
import type { SetLogLevelsResponse as _sheaf_admin_v1_SetLogLevelsResponse, SetLogLevelsResponse__Output as _sheaf_admin_v1_SetLogLevelsResponse__Output } from './sheaf/admin/v1/SetLogLevelsResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sheaf: {
    admin: {
      v1: {
        Admin: SubtypeConstructor<typeof grpc.Client, _sheaf_admin_v1_AdminClient> & { service: _sheaf_admin_v1_AdminDefinition }
        ApiKey: MessageTypeDefinition<_sheaf_admin_v1_ApiKey, _sheaf_admin_v1_ApiKey__Output>
        AuditEntry: MessageTypeDefinition<_sheaf_admin_v1_AuditEntry, _sheaf_admin_v1_AuditEntry__Output>
        Breaker: MessageTypeDefinition<_sheaf_admin_v1_Breaker, _sheaf_admin_v1_Breaker__Output>
        Bucket: MessageTypeDefinition<_sheaf_admin_v1_Bucket, _sheaf_admin_v1_Bucket__Output>
        ClearQuarantineRequest: MessageTypeDefinition<_sheaf_admin_v1_ClearQuarantineRequest, _sheaf_admin_v1_ClearQuarantineRequest__Output>
        ClearQuarantineResponse: MessageTypeDefinition<_sheaf_admin_v1_ClearQuarantineResponse, _sheaf_admin_v1_ClearQuarantineResponse__Output>
        CreateKeyRequest: MessageTypeDefinition<_sheaf_admin_v1_CreateKeyRequest, _sheaf_admin_v1_CreateKeyRequest__Output>
        CreateKeyResponse: MessageTypeDefinition<_sheaf_admin_v1_CreateKeyResponse, _sheaf_admin_v1_CreateKeyResponse__Output>
        DrainRequest: MessageTypeDefinition<_sheaf_admin_v1_DrainRequest, _sheaf_admin_v1_DrainRequest__Output>
        DrainResponse: MessageTypeDefinition<_sheaf_admin_v1_DrainResponse, _sheaf_admin_v1_DrainResponse__Output>
        ForceBreakersRequest: MessageTypeDefinition<_sheaf_admin_v1_ForceBreakersRequest, _sheaf_admin_v1_ForceBreakersRequest__Output>
        ForceBreakersResponse: MessageTypeDefinition<_sheaf_admin_v1_ForceBreakersResponse, _sheaf_admin_v1_ForceBreakersResponse__Output>
        ForcedState: EnumTypeDefinition
        GetConfigurationRequest: MessageTypeDefinition<_sheaf_admin_v1_GetConfigurationRequest, _sheaf_admin_v1_GetConfigurationRequest__Output>
        GetConfigurationResponse: MessageTypeDefinition<_sheaf_admin_v1_GetConfigurationResponse, _sheaf_admin_v1_GetConfigurationResponse__Output>
        GetLimitsRequest: MessageTypeDefinition<_sheaf_admin_v1_GetLimitsRequest, _sheaf_admin_v1_GetLimitsRequest__Output>
        GetLimitsResponse: MessageTypeDefinition<_sheaf_admin_v1_GetLimitsResponse, _sheaf_admin_v1_GetLimitsResponse__Output>
        GetLogLevelsRequest: MessageTypeDefinition<_sheaf_admin_v1_GetLogLevelsRequest, _sheaf_admin_v1_GetLogLevelsRequest__Output>
        GetLogLevelsResponse: MessageTypeDefinition<_sheaf_admin_v1_GetLogLevelsResponse, _sheaf_admin_v1_GetLogLevelsResponse__Output>
        GetMetricsRequest: MessageTypeDefinition<_sheaf_admin_v1_GetMetricsRequest, _sheaf_admin_v1_GetMetricsRequest__Output>
        GetMetricsResponse: MessageTypeDefinition<_sheaf_admin_v1_GetMetricsResponse, _sheaf_admin_v1_GetMetricsResponse__Output>
        Limit: MessageTypeDefinition<_sheaf_admin_v1_Limit, _sheaf_admin_v1_Limit__Output>
        ListAuditRequest: MessageTypeDefinition<_sheaf_admin_v1_ListAuditRequest, _sheaf_admin_v1_ListAuditRequest__Output>
        ListAuditResponse: MessageTypeDefinition<_sheaf_admin_v1_ListAuditResponse, _sheaf_admin_v1_ListAuditResponse__Output>
        ListBreakersRequest: MessageTypeDefinition<_sheaf_admin_v1_ListBreakersRequest, _sheaf_admin_v1_ListBreakersRequest__Output>
        ListBreakersResponse: MessageTypeDefinition<_sheaf_admin_v1_ListBreakersResponse, _sheaf_admin_v1_ListBreakersResponse__Output>
        ListKeysRequest: MessageTypeDefinition<_sheaf_admin_v1_ListKeysRequest, _sheaf_admin_v1_ListKeysRequest__Output>
        ListKeysResponse: MessageTypeDefinition<_sheaf_admin_v1_ListKeysResponse, _sheaf_admin_v1_ListKeysResponse__Output>
        ListQuarantineRequest: MessageTypeDefinition<_sheaf_admin_v1_ListQuarantineRequest, _sheaf_admin_v1_ListQuarantineRequest__Output>
        ListQuarantineResponse: MessageTypeDefinition<_sheaf_admin_v1_ListQuarantineResponse, _sheaf_admin_v1_ListQuarantineResponse__Output>
        Offender: MessageTypeDefinition<_sheaf_admin_v1_Offender, _sheaf_admin_v1_Offender__Output>
        QuarantinedRequest: MessageTypeDefinition<_sheaf_admin_v1_QuarantinedRequest, _sheaf_admin_v1_QuarantinedRequest__Output>
        ReloadRequest: MessageTypeDefinition<_sheaf_admin_v1_ReloadRequest, _sheaf_admin_v1_ReloadRequest__Output>
        ReloadResponse: MessageTypeDefinition<_sheaf_admin_v1_ReloadResponse, _sheaf_admin_v1_ReloadResponse__Output>
        RevokeKeyRequest: MessageTypeDefinition<_sheaf_admin_v1_RevokeKeyRequest, _sheaf_admin_v1_RevokeKeyRequest__Output>
        RevokeKeyResponse: MessageTypeDefinition<_sheaf_admin_v1_RevokeKeyResponse, _sheaf_admin_v1_RevokeKeyResponse__Output>
        RoomLevel: MessageTypeDefinition<_sheaf_admin_v1_RoomLevel, _sheaf_admin_v1_RoomLevel__Output>
        RotateKeyRequest: MessageTypeDefinition<_sheaf_admin_v1_RotateKeyRequest, _sheaf_admin_v1_RotateKeyRequest__Output>
        RotateKeyResponse: MessageTypeDefinition<_sheaf_admin_v1_RotateKeyResponse, _sheaf_admin_v1_RotateKeyResponse__Output>
        SetLogLevelsRequest: MessageTypeDefinition<_sheaf_admin_v1_SetLogLevelsRequest, _sheaf_admin_v1_SetLogLevelsRequest__Output>
        SetLogLevelsResponse: MessageTypeDefinition<_sheaf_admin_v1_SetLogLevelsResponse, _sheaf_admin_v1_SetLogLevelsResponse__Output>
      }
    }
  }
}

