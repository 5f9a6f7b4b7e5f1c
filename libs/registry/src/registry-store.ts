/** What a registry keeps of models and pipelines but for their files: a port. An adapter keeps each promise or throws. Times are milliseconds since the epoch. */
import type { AuditHead, ChainedEntry } from '@sheaf/store';
import type { EntryKind, JsonObject, Manifest } from './manifest.ts';

/** `ready`: may be served. `quarantined`: was, or may not be, with why. `deleted`: known by its manifest only; its number is not given again. */
export type VersionState = 'ready' | 'quarantined' | 'deleted';

export interface VersionRecord {
  readonly name: string;
  readonly kind: EntryKind;
  /** 1, 2, 3, ... of its entry. */
  readonly version: number;
  /** `sha256:<64 hex>` of its canonical manifest. */
  readonly digest: string;
  readonly manifest: Manifest;
  readonly createdAtMs: number;
  /** Who pushed it. */
  readonly by: string;
  readonly state: VersionState;
  /** Of `quarantined` and `deleted`; otherwise ''. */
  readonly why: string;
  /** What the trial found. */
  readonly trial?: JsonObject;
  /** Bundles of signatures, as JSON texts, the oldest first. */
  readonly signatures: readonly string[];
}

/** A version without what it consists of. */
export interface VersionSummary {
  readonly version: number;
  readonly digest: string;
  readonly state: VersionState;
  readonly createdAtMs: number;
}

export interface NewVersion {
  readonly name: string;
  readonly manifest: Manifest;
  readonly by: string;
  /** Default `ready`. */
  readonly state?: 'ready' | 'quarantined';
  /** Default ''. */
  readonly why?: string;
  readonly trial?: JsonObject;
}

export interface AliasRecord {
  readonly name: string;
  readonly kind: EntryKind;
  readonly alias: string;
  readonly version: number;
  readonly digest: string;
  /** How often it was moved: 1 after the first move. What a move has to know. */
  readonly epoch: number;
  /** It, or its entry, may not be moved. */
  readonly frozen: boolean;
}

export interface AliasChange {
  readonly name: string;
  readonly alias: string;
  /** A version that is ready; undefined removes the alias. */
  readonly to: number | undefined;
  /** The alias's epoch as the mover knows it; 0: it was never there. After a removal it goes on from where it was (`aliasEpoch`). */
  readonly expectedEpoch: number;
  readonly by: string;
  readonly why: string;
  /** A link, or anything else that shows why. Default ''. */
  readonly evidence?: string;
  /** Also to a version whose signature callers of the one before could not use. Default false. */
  readonly force?: boolean;
}

export interface AliasMove {
  readonly name: string;
  readonly alias: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly epoch: number;
  readonly atMs: number;
  readonly by: string;
  readonly why: string;
  readonly evidence: string;
  readonly force: boolean;
}

export interface Freeze {
  readonly name: string;
  /** Undefined: all aliases of the entry. */
  readonly alias?: string;
  readonly frozen: boolean;
  readonly by: string;
  readonly why: string;
}

/** A version that is named. */
export interface VersionPlace {
  readonly name: string;
  readonly version: number;
}

export interface StateChange extends VersionPlace {
  readonly by: string;
  readonly why: string;
  /** Replaces what the version has. */
  readonly trial?: JsonObject;
}

/** Which versions stay. Whatever an alias leads to or `champion` has ever led to stays, what a kept pipeline pins, what a rollout is about, and the parents of all that stays. */
export interface RetentionPolicy {
  /** The newest of them; default 0. */
  readonly newest?: number;
  /** The newest of each hour of the clock (UTC). Default false. */
  readonly hourly?: boolean;
}

export interface EntryRecord {
  readonly name: string;
  readonly kind: EntryKind;
  /** The highest number that was given. */
  readonly lastVersion: number;
  readonly frozen: boolean;
  readonly createdAtMs: number;
  /** Of the registry, when it last changed. */
  readonly epoch: number;
}

export interface EntrySnapshot extends EntryRecord {
  /** Those that are not deleted, by number. */
  readonly versions: readonly VersionSummary[];
  readonly aliases: readonly AliasRecord[];
  /** Those that have not ended. */
  readonly rollouts: readonly RolloutRecord[];
}

export interface RegistrySnapshot {
  readonly epoch: number;
  /** By name. */
  readonly entries: readonly EntrySnapshot[];
}

/** A rollout as the registry keeps it; what it means is for whoever runs it. */
export interface RolloutRecord {
  readonly id: number;
  readonly name: string;
  readonly kind: EntryKind;
  /** One rollout of an entry that has not ended in each slot, such as `traffic` and `shadow`. */
  readonly slot: string;
  /** Versions that it is about: none of them is deleted meanwhile. */
  readonly versions: readonly number[];
  readonly spec: JsonObject;
  readonly state: string;
  readonly step: number;
  readonly ended: boolean;
  /** Counts its changes, from 1 on. */
  readonly epoch: number;
  readonly reason: string;
  readonly evidence: JsonObject;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  /** Who began it. */
  readonly by: string;
}

export interface NewRollout
  extends Pick<RolloutRecord, 'name' | 'slot' | 'versions' | 'spec' | 'state' | 'step' | 'reason' | 'by'> {
  /** Default {}. */
  readonly evidence?: JsonObject;
}

export interface RolloutChange extends Pick<RolloutRecord, 'id' | 'state' | 'step' | 'ended' | 'reason' | 'evidence'> {
  readonly expectedEpoch: number;
  readonly by: string;
}

/** What one source, such as a gateway, has counted for a rollout so far. */
export interface EvidenceRecord {
  readonly rollout: number;
  readonly source: string;
  readonly value: JsonObject;
  readonly atMs: number;
}

export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Grows with each change of the holder. */
  readonly fence: number;
  readonly untilMs: number;
}

export interface RegistryStore {
  /** Adds a version under the next number, and its entry where there is none; a version with this digest that is not deleted is answered as it is, with `added` false. */
  addVersion(version: NewVersion): Promise<{ readonly record: VersionRecord; readonly added: boolean }>;
  /** Deleted ones too; by digest the one that is not deleted, else the newest. */
  getVersion(name: string, which: number | string): Promise<VersionRecord | undefined>;
  /** By number, from `after` on (default 0), at most `limit` (default 100, at most 1,000); deleted ones too. */
  listVersions(
    name: string,
    page?: { readonly after?: number; readonly limit?: number },
  ): Promise<readonly VersionRecord[]>;
  getEntry(name: string): Promise<EntryRecord | undefined>;
  /** By name, from after `after` on (default ''), at most `limit` (default 100, at most 1,000). */
  listEntries(page?: { readonly after?: string; readonly limit?: number }): Promise<readonly EntryRecord[]>;
  /** It may not be served from now on; aliases that lead to it stay. Answers false when it was so already. */
  quarantine(change: StateChange): Promise<boolean>;
  /** It may be served again. Answers false when it is ready. */
  release(change: StateChange): Promise<boolean>;
  /** All versions that are ready and have the file; answers which they are. */
  quarantineFile(
    sha256: string,
    change: { readonly by: string; readonly why: string },
  ): Promise<readonly VersionPlace[]>;
  /** Refused (VERSION_IN_USE) for what an alias, a pin, a rollout or a child needs. Answers false when it was so already. */
  deleteVersion(change: StateChange): Promise<boolean>;
  /** Deletes what the policy does not keep; with `dryRun` only answers which versions those are. */
  deleteByPolicy(
    name: string,
    policy: RetentionPolicy,
    change: { readonly by: string; readonly why: string; readonly dryRun?: boolean },
  ): Promise<readonly number[]>;
  /** Adds a bundle, unless the version has it. */
  addSignature(place: VersionPlace, bundle: string, by: string): Promise<void>;
  /** Of these hashes, those that a version which is not deleted has; at most 1,000. */
  filesInUse(sha256s: readonly string[]): Promise<readonly string[]>;
  /** Of these hashes, at most 1,000, the entries of which a version that is not deleted has them. */
  entriesWith(sha256s: readonly string[]): Promise<readonly { readonly sha256: string; readonly name: string }[]>;
  /** Bytes of files that versions of this pusher have brought that are not deleted: each file counts for the version that had it first. */
  bytesBy(by: string): Promise<number>;

  /** Compare and set: refused (ALIAS_MOVED) when the epoch is another one by now. */
  moveAlias(change: AliasChange): Promise<AliasMove>;
  aliasesOf(name: string): Promise<readonly AliasRecord[]>;
  /** What a move of it has to expect: 0 when it was never there. */
  aliasEpoch(name: string, alias: string): Promise<number>;
  /** Where the alias led at a time; undefined when it was not there. */
  aliasAt(name: string, alias: string, atMs: number): Promise<VersionRecord | undefined>;
  /** The newest first, of one alias or of all; `before` an epoch of the alias goes on from a page. */
  history(
    name: string,
    page?: { readonly alias?: string; readonly beforeSequence?: number; readonly limit?: number },
  ): Promise<readonly (AliasMove & { readonly sequence: number })[]>;
  setFrozen(freeze: Freeze): Promise<void>;

  /** Refused (ROLLOUT_RUNNING) while one in the same slot has not ended. */
  startRollout(rollout: NewRollout): Promise<RolloutRecord>;
  /** Compare and set: refused (ROLLOUT_CHANGED) when the epoch is another one by now. */
  changeRollout(change: RolloutChange): Promise<RolloutRecord>;
  getRollout(id: number): Promise<RolloutRecord | undefined>;
  /** The newest first. */
  listRollouts(filter?: {
    readonly name?: string;
    readonly running?: boolean;
    readonly limit?: number;
  }): Promise<readonly RolloutRecord[]>;
  /** Replaces what each source has told before; of rollouts that are there. No change that watchers hear of. */
  putEvidence(evidence: readonly Omit<EvidenceRecord, 'atMs'>[]): Promise<void>;
  listEvidence(rollout: number): Promise<readonly EvidenceRecord[]>;

  /** Takes or renews a lease for `ttlMs`, unless another holder has it; answers who has it now. */
  takeLease(name: string, holder: string, ttlMs: number): Promise<Lease>;
  giveLease(name: string, holder: string): Promise<void>;

  /** An entry of the audit trail for what is no change of the store itself. Durable when it resolves. */
  note(entry: {
    readonly actor: string;
    readonly action: string;
    readonly subject: string;
    readonly detail: string;
  }): Promise<ChainedEntry>;
  /** In order, from after `after` on (0: from the first), at most `limit`. */
  audit(after: number, limit: number): Promise<readonly ChainedEntry[]>;
  /** The sequence of the first entry that is not what was written, or is missing; undefined when the chain is whole. */
  verifyAudit(): Promise<number | undefined>;
  auditHead(): Promise<AuditHead>;

  /** Grows with every change that a watcher has to see, whoever made it. */
  epoch(): Promise<number>;
  /** One view of everything, or of the entries that changed after an epoch. */
  snapshot(after?: number): Promise<RegistrySnapshot>;
  /** Told that the epoch may have grown, by this process at once, by others within the poll; what it answers ends that. */
  onChanged(task: () => void): () => void;
  close(): Promise<void>;
}
