/** What the store keeps, as messages: 0 and empty stand for none. */

import type { ChainedEntry } from '@sheaf/store';
import type {
  AliasMessage,
  AliasMoveMessage,
  EntryMessage,
  RegistryAuditEntry,
  SnapshotMessage,
  VersionMessage,
} from '@sheaf/transport';
import type { AliasMove, AliasRecord, EntrySnapshot, RolloutRecord, VersionRecord } from '../registry-store.ts';
import { manifestMessage } from './manifest-message.ts';

export const aliasMessage = ({ kind, name, alias, version, digest, epoch, frozen }: AliasRecord): AliasMessage => ({
  kind,
  name,
  alias,
  version,
  digest,
  epoch,
  frozen,
});

export const moveMessage = (move: AliasMove): AliasMoveMessage => ({
  alias: move.alias,
  from: move.from ?? 0,
  to: move.to ?? 0,
  epoch: move.epoch,
  atMs: move.atMs,
  by: move.by,
  why: move.why,
  evidence: move.evidence,
  force: move.force,
});

export function versionMessage(record: VersionRecord, aliases: readonly AliasRecord[]): VersionMessage {
  const { kind, name, version, digest, manifest, createdAtMs, by, state, why, trial, signatures } = record;
  return {
    ...{ kind, name, version, digest, createdAtMs, by, state, why },
    manifest: manifestMessage(manifest),
    aliases: aliases.filter((alias) => alias.version === version).map(({ alias }) => alias),
    trialJson: trial ? JSON.stringify(trial) : '',
    signatures: [...signatures],
  };
}

/** As it stands in a list: files and signatures are for whoever asks for one version. */
export function listedMessage(record: VersionRecord, aliases: readonly AliasRecord[]): VersionMessage {
  const whole = versionMessage(record, aliases);
  return { ...whole, signatures: [], manifest: whole.manifest && { ...whole.manifest, files: [] } };
}

export const newestReady = ({ versions }: Pick<EntrySnapshot, 'versions'>): number =>
  versions.findLast(({ state }) => state === 'ready')?.version ?? 0;

export const entryMessage = (entry: EntrySnapshot): EntryMessage => ({
  kind: entry.kind,
  name: entry.name,
  versionCount: entry.versions.length,
  newest: newestReady(entry),
  aliases: entry.aliases.map(aliasMessage),
});

type WatchedEntry = SnapshotMessage['entries'][number];

export const watchedMessage = ({ kind, name, aliases, versions, rollouts }: EntrySnapshot): WatchedEntry => ({
  kind,
  name,
  aliases: aliases.map(aliasMessage),
  versions: versions.map(({ version, digest, state }) => ({ version, digest, state })),
  rollouts: rollouts.map(rolloutMessage),
});

export const rolloutMessage = ({
  spec,
  evidence,
  versions,
  ...rollout
}: RolloutRecord): WatchedEntry['rollouts'][number] => ({
  ...rollout,
  versions: [...versions],
  specJson: JSON.stringify(spec),
  evidenceJson: JSON.stringify(evidence),
});

export const auditMessage = ({ at, actor, ...entry }: ChainedEntry): RegistryAuditEntry => ({
  ...entry,
  atMs: at,
  by: actor,
});
