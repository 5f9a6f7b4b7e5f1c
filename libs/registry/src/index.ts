export { type Blobs, type BlobsOptions, createBlobs, type SweepOptions } from './blobs/blobs.ts';
export type { Upload, UploadRequest } from './blobs/uploads.ts';
export { downloadVersion, type OnDownloadProgress } from './client/download-version.ts';
export { championBefore, moveAlias, type WantedMove } from './client/move-alias.ts';
export { allEntries, allMoves, allVersions } from './client/pages.ts';
export {
  hashedFile,
  type OnPushProgress,
  type Pushed,
  type PushedFile,
  type PushedVersion,
  pushVersion,
} from './client/push-version.ts';
export { type RegistryWatch, type WatchedEntry, watchRegistry } from './client/watch-registry.ts';
export { checkFilePath, checkTogether } from './file-path.ts';
export {
  canonicalManifest,
  digestOf,
  type EntryKind,
  entryKinds,
  type Json,
  type JsonObject,
  type Manifest,
  type ManifestFile,
  type Pin,
} from './manifest.ts';
export {
  checkAlias,
  checkDigest,
  checkEntryName,
  checkSha256,
  checkVersionNumber,
  isDigest,
  parseVersionRef,
  type VersionRef,
} from './names.ts';
export { manifestMax, parseManifest } from './parse-manifest.ts';
export { openRegistry, type Registry, type RegistryOptions } from './registry.ts';
export type {
  AliasChange,
  AliasMove,
  AliasRecord,
  EntryRecord,
  EntrySnapshot,
  EvidenceRecord,
  Freeze,
  Lease,
  NewRollout,
  NewVersion,
  RegistrySnapshot,
  RegistryStore,
  RetentionPolicy,
  RolloutChange,
  RolloutRecord,
  StateChange,
  VersionPlace,
  VersionRecord,
  VersionState,
  VersionSummary,
} from './registry-store.ts';
export {
  createRolloutMover,
  moveRollouts,
  type RolloutMover,
  rolloutsEveryMs,
} from './rollouts/move-rollouts.ts';
export { championsOf, rolloutStoreOf } from './rollouts/rollout-store.ts';
export { watchedRollouts } from './rollouts/watched-rollouts.ts';
export { noSuchEntry } from './service/caller.ts';
export { manifestOf } from './service/manifest-message.ts';
export { type OpenedWhenAsked, openWhenAsked } from './service/opened-when-asked.ts';
export type { PushLimits } from './service/push/limits.ts';
export type { Judgement, JudgeVersion, PushPorts } from './service/push/push.ts';
export { createRegistryService } from './service/registry-service.ts';
export type { Trust } from './trusted.ts';
export { type Posting, type PostPorts, postWebhook } from './webhooks/post.ts';
export { signWebhook } from './webhooks/sign.ts';
export { type TellingPorts, tellWebhooks } from './webhooks/tell.ts';
export { addWebhook, readWebhooks, removeWebhook, type Webhook } from './webhooks/webhooks-file.ts';
