import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AddSignatureRequest as _sheaf_registry_v1_AddSignatureRequest, AddSignatureRequest__Output as _sheaf_registry_v1_AddSignatureRequest__Output } from './sheaf/registry/v1/AddSignatureRequest.ts';
import type { Alias as _sheaf_registry_v1_Alias, Alias__Output as _sheaf_registry_v1_Alias__Output } from './sheaf/registry/v1/Alias.ts';
import type { AliasMove as _sheaf_registry_v1_AliasMove, AliasMove__Output as _sheaf_registry_v1_AliasMove__Output } from './sheaf/registry/v1/AliasMove.ts';
import type { AuditEntry as _sheaf_registry_v1_AuditEntry, AuditEntry__Output as _sheaf_registry_v1_AuditEntry__Output } from './sheaf/registry/v1/AuditEntry.ts';
import type { DeleteVersionRequest as _sheaf_registry_v1_DeleteVersionRequest, DeleteVersionRequest__Output as _sheaf_registry_v1_DeleteVersionRequest__Output } from './sheaf/registry/v1/DeleteVersionRequest.ts';
import type { DownloadRequest as _sheaf_registry_v1_DownloadRequest, DownloadRequest__Output as _sheaf_registry_v1_DownloadRequest__Output } from './sheaf/registry/v1/DownloadRequest.ts';
import type { DownloadResponse as _sheaf_registry_v1_DownloadResponse, DownloadResponse__Output as _sheaf_registry_v1_DownloadResponse__Output } from './sheaf/registry/v1/DownloadResponse.ts';
import type { Entry as _sheaf_registry_v1_Entry, Entry__Output as _sheaf_registry_v1_Entry__Output } from './sheaf/registry/v1/Entry.ts';
import type { EvidenceReport as _sheaf_registry_v1_EvidenceReport, EvidenceReport__Output as _sheaf_registry_v1_EvidenceReport__Output } from './sheaf/registry/v1/EvidenceReport.ts';
import type { File as _sheaf_registry_v1_File, File__Output as _sheaf_registry_v1_File__Output } from './sheaf/registry/v1/File.ts';
import type { FreezeAliasRequest as _sheaf_registry_v1_FreezeAliasRequest, FreezeAliasRequest__Output as _sheaf_registry_v1_FreezeAliasRequest__Output } from './sheaf/registry/v1/FreezeAliasRequest.ts';
import type { GetAliasAtRequest as _sheaf_registry_v1_GetAliasAtRequest, GetAliasAtRequest__Output as _sheaf_registry_v1_GetAliasAtRequest__Output } from './sheaf/registry/v1/GetAliasAtRequest.ts';
import type { GetRolloutRequest as _sheaf_registry_v1_GetRolloutRequest, GetRolloutRequest__Output as _sheaf_registry_v1_GetRolloutRequest__Output } from './sheaf/registry/v1/GetRolloutRequest.ts';
import type { GetVersionRequest as _sheaf_registry_v1_GetVersionRequest, GetVersionRequest__Output as _sheaf_registry_v1_GetVersionRequest__Output } from './sheaf/registry/v1/GetVersionRequest.ts';
import type { ListAliasesRequest as _sheaf_registry_v1_ListAliasesRequest, ListAliasesRequest__Output as _sheaf_registry_v1_ListAliasesRequest__Output } from './sheaf/registry/v1/ListAliasesRequest.ts';
import type { ListAliasesResponse as _sheaf_registry_v1_ListAliasesResponse, ListAliasesResponse__Output as _sheaf_registry_v1_ListAliasesResponse__Output } from './sheaf/registry/v1/ListAliasesResponse.ts';
import type { ListAuditRequest as _sheaf_registry_v1_ListAuditRequest, ListAuditRequest__Output as _sheaf_registry_v1_ListAuditRequest__Output } from './sheaf/registry/v1/ListAuditRequest.ts';
import type { ListAuditResponse as _sheaf_registry_v1_ListAuditResponse, ListAuditResponse__Output as _sheaf_registry_v1_ListAuditResponse__Output } from './sheaf/registry/v1/ListAuditResponse.ts';
import type { ListEntriesRequest as _sheaf_registry_v1_ListEntriesRequest, ListEntriesRequest__Output as _sheaf_registry_v1_ListEntriesRequest__Output } from './sheaf/registry/v1/ListEntriesRequest.ts';
import type { ListEntriesResponse as _sheaf_registry_v1_ListEntriesResponse, ListEntriesResponse__Output as _sheaf_registry_v1_ListEntriesResponse__Output } from './sheaf/registry/v1/ListEntriesResponse.ts';
import type { ListHistoryRequest as _sheaf_registry_v1_ListHistoryRequest, ListHistoryRequest__Output as _sheaf_registry_v1_ListHistoryRequest__Output } from './sheaf/registry/v1/ListHistoryRequest.ts';
import type { ListHistoryResponse as _sheaf_registry_v1_ListHistoryResponse, ListHistoryResponse__Output as _sheaf_registry_v1_ListHistoryResponse__Output } from './sheaf/registry/v1/ListHistoryResponse.ts';
import type { ListVersionsRequest as _sheaf_registry_v1_ListVersionsRequest, ListVersionsRequest__Output as _sheaf_registry_v1_ListVersionsRequest__Output } from './sheaf/registry/v1/ListVersionsRequest.ts';
import type { ListVersionsResponse as _sheaf_registry_v1_ListVersionsResponse, ListVersionsResponse__Output as _sheaf_registry_v1_ListVersionsResponse__Output } from './sheaf/registry/v1/ListVersionsResponse.ts';
import type { Manifest as _sheaf_registry_v1_Manifest, Manifest__Output as _sheaf_registry_v1_Manifest__Output } from './sheaf/registry/v1/Manifest.ts';
import type { MissingFile as _sheaf_registry_v1_MissingFile, MissingFile__Output as _sheaf_registry_v1_MissingFile__Output } from './sheaf/registry/v1/MissingFile.ts';
import type { MoveAliasRequest as _sheaf_registry_v1_MoveAliasRequest, MoveAliasRequest__Output as _sheaf_registry_v1_MoveAliasRequest__Output } from './sheaf/registry/v1/MoveAliasRequest.ts';
import type { Pin as _sheaf_registry_v1_Pin, Pin__Output as _sheaf_registry_v1_Pin__Output } from './sheaf/registry/v1/Pin.ts';
import type { PruneRequest as _sheaf_registry_v1_PruneRequest, PruneRequest__Output as _sheaf_registry_v1_PruneRequest__Output } from './sheaf/registry/v1/PruneRequest.ts';
import type { PruneResponse as _sheaf_registry_v1_PruneResponse, PruneResponse__Output as _sheaf_registry_v1_PruneResponse__Output } from './sheaf/registry/v1/PruneResponse.ts';
import type { PushBegin as _sheaf_registry_v1_PushBegin, PushBegin__Output as _sheaf_registry_v1_PushBegin__Output } from './sheaf/registry/v1/PushBegin.ts';
import type { PushChunk as _sheaf_registry_v1_PushChunk, PushChunk__Output as _sheaf_registry_v1_PushChunk__Output } from './sheaf/registry/v1/PushChunk.ts';
import type { PushDone as _sheaf_registry_v1_PushDone, PushDone__Output as _sheaf_registry_v1_PushDone__Output } from './sheaf/registry/v1/PushDone.ts';
import type { PushFiles as _sheaf_registry_v1_PushFiles, PushFiles__Output as _sheaf_registry_v1_PushFiles__Output } from './sheaf/registry/v1/PushFiles.ts';
import type { PushPlan as _sheaf_registry_v1_PushPlan, PushPlan__Output as _sheaf_registry_v1_PushPlan__Output } from './sheaf/registry/v1/PushPlan.ts';
import type { PushProgress as _sheaf_registry_v1_PushProgress, PushProgress__Output as _sheaf_registry_v1_PushProgress__Output } from './sheaf/registry/v1/PushProgress.ts';
import type { PushRequest as _sheaf_registry_v1_PushRequest, PushRequest__Output as _sheaf_registry_v1_PushRequest__Output } from './sheaf/registry/v1/PushRequest.ts';
import type { PushResponse as _sheaf_registry_v1_PushResponse, PushResponse__Output as _sheaf_registry_v1_PushResponse__Output } from './sheaf/registry/v1/PushResponse.ts';
import type { QuarantineVersionRequest as _sheaf_registry_v1_QuarantineVersionRequest, QuarantineVersionRequest__Output as _sheaf_registry_v1_QuarantineVersionRequest__Output } from './sheaf/registry/v1/QuarantineVersionRequest.ts';
import type { RegistryClient as _sheaf_registry_v1_RegistryClient, RegistryDefinition as _sheaf_registry_v1_RegistryDefinition } from './sheaf/registry/v1/Registry.ts';
import type { ReleaseVersionRequest as _sheaf_registry_v1_ReleaseVersionRequest, ReleaseVersionRequest__Output as _sheaf_registry_v1_ReleaseVersionRequest__Output } from './sheaf/registry/v1/ReleaseVersionRequest.ts';
import type { ReportEvidenceRequest as _sheaf_registry_v1_ReportEvidenceRequest, ReportEvidenceRequest__Output as _sheaf_registry_v1_ReportEvidenceRequest__Output } from './sheaf/registry/v1/ReportEvidenceRequest.ts';
import type { ReportEvidenceResponse as _sheaf_registry_v1_ReportEvidenceResponse, ReportEvidenceResponse__Output as _sheaf_registry_v1_ReportEvidenceResponse__Output } from './sheaf/registry/v1/ReportEvidenceResponse.ts';
import type { Rollout as _sheaf_registry_v1_Rollout, Rollout__Output as _sheaf_registry_v1_Rollout__Output } from './sheaf/registry/v1/Rollout.ts';
import type { RolloutStanding as _sheaf_registry_v1_RolloutStanding, RolloutStanding__Output as _sheaf_registry_v1_RolloutStanding__Output } from './sheaf/registry/v1/RolloutStanding.ts';
import type { Snapshot as _sheaf_registry_v1_Snapshot, Snapshot__Output as _sheaf_registry_v1_Snapshot__Output } from './sheaf/registry/v1/Snapshot.ts';
import type { StartRolloutRequest as _sheaf_registry_v1_StartRolloutRequest, StartRolloutRequest__Output as _sheaf_registry_v1_StartRolloutRequest__Output } from './sheaf/registry/v1/StartRolloutRequest.ts';
import type { TellRolloutRequest as _sheaf_registry_v1_TellRolloutRequest, TellRolloutRequest__Output as _sheaf_registry_v1_TellRolloutRequest__Output } from './sheaf/registry/v1/TellRolloutRequest.ts';
import type { TimeWindow as _sheaf_registry_v1_TimeWindow, TimeWindow__Output as _sheaf_registry_v1_TimeWindow__Output } from './sheaf/registry/v1/TimeWindow.ts';
import type { Version as _sheaf_registry_v1_Version, Version__Output as _sheaf_registry_v1_Version__Output } from './sheaf/registry/v1/Version.ts';
import type { WatchRequest as _sheaf_registry_v1_WatchRequest, WatchRequest__Output as _sheaf_registry_v1_WatchRequest__Output } from './sheaf/registry/v1/WatchRequest.ts';
import type { WatchedEntry as _sheaf_registry_v1_WatchedEntry, WatchedEntry__Output as _sheaf_registry_v1_WatchedEntry__Output } from './sheaf/registry/v1/WatchedEntry.ts';
import type { WatchedVersion as _sheaf_registry_v1_WatchedVersion, WatchedVersion__Output as _sheaf_registry_v1_WatchedVersion__Output } from './sheaf/registry/v1/WatchedVersion.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sheaf: {
    registry: {
      v1: {
        AddSignatureRequest: MessageTypeDefinition<_sheaf_registry_v1_AddSignatureRequest, _sheaf_registry_v1_AddSignatureRequest__Output>
        Alias: MessageTypeDefinition<_sheaf_registry_v1_Alias, _sheaf_registry_v1_Alias__Output>
        AliasMove: MessageTypeDefinition<_sheaf_registry_v1_AliasMove, _sheaf_registry_v1_AliasMove__Output>
        AuditEntry: MessageTypeDefinition<_sheaf_registry_v1_AuditEntry, _sheaf_registry_v1_AuditEntry__Output>
        DeleteVersionRequest: MessageTypeDefinition<_sheaf_registry_v1_DeleteVersionRequest, _sheaf_registry_v1_DeleteVersionRequest__Output>
        DownloadRequest: MessageTypeDefinition<_sheaf_registry_v1_DownloadRequest, _sheaf_registry_v1_DownloadRequest__Output>
        DownloadResponse: MessageTypeDefinition<_sheaf_registry_v1_DownloadResponse, _sheaf_registry_v1_DownloadResponse__Output>
        Entry: MessageTypeDefinition<_sheaf_registry_v1_Entry, _sheaf_registry_v1_Entry__Output>
        EvidenceReport: MessageTypeDefinition<_sheaf_registry_v1_EvidenceReport, _sheaf_registry_v1_EvidenceReport__Output>
        File: MessageTypeDefinition<_sheaf_registry_v1_File, _sheaf_registry_v1_File__Output>
        FreezeAliasRequest: MessageTypeDefinition<_sheaf_registry_v1_FreezeAliasRequest, _sheaf_registry_v1_FreezeAliasRequest__Output>
        GetAliasAtRequest: MessageTypeDefinition<_sheaf_registry_v1_GetAliasAtRequest, _sheaf_registry_v1_GetAliasAtRequest__Output>
        GetRolloutRequest: MessageTypeDefinition<_sheaf_registry_v1_GetRolloutRequest, _sheaf_registry_v1_GetRolloutRequest__Output>
        GetVersionRequest: MessageTypeDefinition<_sheaf_registry_v1_GetVersionRequest, _sheaf_registry_v1_GetVersionRequest__Output>
        ListAliasesRequest: MessageTypeDefinition<_sheaf_registry_v1_ListAliasesRequest, _sheaf_registry_v1_ListAliasesRequest__Output>
        ListAliasesResponse: MessageTypeDefinition<_sheaf_registry_v1_ListAliasesResponse, _sheaf_registry_v1_ListAliasesResponse__Output>
        ListAuditRequest: MessageTypeDefinition<_sheaf_registry_v1_ListAuditRequest, _sheaf_registry_v1_ListAuditRequest__Output>
        ListAuditResponse: MessageTypeDefinition<_sheaf_registry_v1_ListAuditResponse, _sheaf_registry_v1_ListAuditResponse__Output>
        ListEntriesRequest: MessageTypeDefinition<_sheaf_registry_v1_ListEntriesRequest, _sheaf_registry_v1_ListEntriesRequest__Output>
        ListEntriesResponse: MessageTypeDefinition<_sheaf_registry_v1_ListEntriesResponse, _sheaf_registry_v1_ListEntriesResponse__Output>
        ListHistoryRequest: MessageTypeDefinition<_sheaf_registry_v1_ListHistoryRequest, _sheaf_registry_v1_ListHistoryRequest__Output>
        ListHistoryResponse: MessageTypeDefinition<_sheaf_registry_v1_ListHistoryResponse, _sheaf_registry_v1_ListHistoryResponse__Output>
        ListVersionsRequest: MessageTypeDefinition<_sheaf_registry_v1_ListVersionsRequest, _sheaf_registry_v1_ListVersionsRequest__Output>
        ListVersionsResponse: MessageTypeDefinition<_sheaf_registry_v1_ListVersionsResponse, _sheaf_registry_v1_ListVersionsResponse__Output>
        Manifest: MessageTypeDefinition<_sheaf_registry_v1_Manifest, _sheaf_registry_v1_Manifest__Output>
        MissingFile: MessageTypeDefinition<_sheaf_registry_v1_MissingFile, _sheaf_registry_v1_MissingFile__Output>
        MoveAliasRequest: MessageTypeDefinition<_sheaf_registry_v1_MoveAliasRequest, _sheaf_registry_v1_MoveAliasRequest__Output>
        Pin: MessageTypeDefinition<_sheaf_registry_v1_Pin, _sheaf_registry_v1_Pin__Output>
        PruneRequest: MessageTypeDefinition<_sheaf_registry_v1_PruneRequest, _sheaf_registry_v1_PruneRequest__Output>
        PruneResponse: MessageTypeDefinition<_sheaf_registry_v1_PruneResponse, _sheaf_registry_v1_PruneResponse__Output>
        PushBegin: MessageTypeDefinition<_sheaf_registry_v1_PushBegin, _sheaf_registry_v1_PushBegin__Output>
        PushChunk: MessageTypeDefinition<_sheaf_registry_v1_PushChunk, _sheaf_registry_v1_PushChunk__Output>
        PushDone: MessageTypeDefinition<_sheaf_registry_v1_PushDone, _sheaf_registry_v1_PushDone__Output>
        PushFiles: MessageTypeDefinition<_sheaf_registry_v1_PushFiles, _sheaf_registry_v1_PushFiles__Output>
        PushPlan: MessageTypeDefinition<_sheaf_registry_v1_PushPlan, _sheaf_registry_v1_PushPlan__Output>
        PushProgress: MessageTypeDefinition<_sheaf_registry_v1_PushProgress, _sheaf_registry_v1_PushProgress__Output>
        PushRequest: MessageTypeDefinition<_sheaf_registry_v1_PushRequest, _sheaf_registry_v1_PushRequest__Output>
        PushResponse: MessageTypeDefinition<_sheaf_registry_v1_PushResponse, _sheaf_registry_v1_PushResponse__Output>
        QuarantineVersionRequest: MessageTypeDefinition<_sheaf_registry_v1_QuarantineVersionRequest, _sheaf_registry_v1_QuarantineVersionRequest__Output>
        Registry: SubtypeConstructor<typeof grpc.Client, _sheaf_registry_v1_RegistryClient> & { service: _sheaf_registry_v1_RegistryDefinition }
        ReleaseVersionRequest: MessageTypeDefinition<_sheaf_registry_v1_ReleaseVersionRequest, _sheaf_registry_v1_ReleaseVersionRequest__Output>
        ReportEvidenceRequest: MessageTypeDefinition<_sheaf_registry_v1_ReportEvidenceRequest, _sheaf_registry_v1_ReportEvidenceRequest__Output>
        ReportEvidenceResponse: MessageTypeDefinition<_sheaf_registry_v1_ReportEvidenceResponse, _sheaf_registry_v1_ReportEvidenceResponse__Output>
        Rollout: MessageTypeDefinition<_sheaf_registry_v1_Rollout, _sheaf_registry_v1_Rollout__Output>
        RolloutStanding: MessageTypeDefinition<_sheaf_registry_v1_RolloutStanding, _sheaf_registry_v1_RolloutStanding__Output>
        Snapshot: MessageTypeDefinition<_sheaf_registry_v1_Snapshot, _sheaf_registry_v1_Snapshot__Output>
        StartRolloutRequest: MessageTypeDefinition<_sheaf_registry_v1_StartRolloutRequest, _sheaf_registry_v1_StartRolloutRequest__Output>
        TellRolloutRequest: MessageTypeDefinition<_sheaf_registry_v1_TellRolloutRequest, _sheaf_registry_v1_TellRolloutRequest__Output>
        TimeWindow: MessageTypeDefinition<_sheaf_registry_v1_TimeWindow, _sheaf_registry_v1_TimeWindow__Output>
        Version: MessageTypeDefinition<_sheaf_registry_v1_Version, _sheaf_registry_v1_Version__Output>
        WatchRequest: MessageTypeDefinition<_sheaf_registry_v1_WatchRequest, _sheaf_registry_v1_WatchRequest__Output>
        WatchedEntry: MessageTypeDefinition<_sheaf_registry_v1_WatchedEntry, _sheaf_registry_v1_WatchedEntry__Output>
        WatchedVersion: MessageTypeDefinition<_sheaf_registry_v1_WatchedVersion, _sheaf_registry_v1_WatchedVersion__Output>
      }
    }
  }
}

