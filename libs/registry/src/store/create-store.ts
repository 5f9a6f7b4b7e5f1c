/** The port over any adapter: checks what comes in, and asks. */
import { chainStart, type Watch } from '@sheaf/store';
import { checkAlias, checkEntryName, checkSha256 } from '../names.ts';
import { invalid } from '../refusals.ts';
import type { RegistryStore } from '../registry-store.ts';
import * as check from './checks.ts';
import type { Ask } from './operations.ts';

export interface StoreParts {
  readonly ask: Ask;
  readonly watch: Watch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly close: () => Promise<void>;
}

export function createStore({ ask, watch, now, close }: StoreParts): RegistryStore {
  return {
    ...reads(ask),
    ...versions(ask, now),
    ...aliases(ask, now),
    ...rollouts(ask, now),
    ...audit(ask, now),
    epoch: () => ask('epoch'),
    snapshot: async (after = -1) => ask('snapshot', after),
    onChanged: (task) => watch.add(task),
    close: () => {
      watch.clear();
      return close();
    },
  };
}

type Now = StoreParts['now'];

function reads(
  ask: Ask,
): Pick<
  RegistryStore,
  'getVersion' | 'listVersions' | 'getEntry' | 'listEntries' | 'filesInUse' | 'entriesWith' | 'bytesBy'
> {
  return {
    getVersion: async (name, which) => {
      check.checkWhich(name, which);
      return ask('getVersion', name, which);
    },
    listVersions: async (name, { after = 0, limit = 100 } = {}) => {
      checkEntryName(name);
      check.checkCount('after', after);
      check.checkLimit(limit);
      return ask('listVersions', name, after, limit);
    },
    getEntry: async (name) => {
      checkEntryName(name);
      return ask('getEntry', name);
    },
    listEntries: async ({ after = '', limit = 100 } = {}) => {
      if (after !== '') checkEntryName(after, 'after');
      check.checkLimit(limit);
      return ask('listEntries', after, limit);
    },
    filesInUse: async (sha256s) => {
      checkSha256s(sha256s);
      return ask('filesInUse', sha256s);
    },
    entriesWith: async (sha256s) => {
      checkSha256s(sha256s);
      return ask('entriesWith', sha256s);
    },
    bytesBy: async (by) => {
      check.checkWho({ by });
      return ask('bytesBy', by);
    },
  };
}

function checkSha256s(sha256s: readonly string[]): void {
  if (sha256s.length > 1_000) throw invalid('sha256s', `want at most 1000, got ${sha256s.length}`);
  for (const [index, sha256] of sha256s.entries()) checkSha256(sha256, `sha256s[${index}]`);
}

function versions(
  ask: Ask,
  now: Now,
): Pick<
  RegistryStore,
  'addVersion' | 'quarantine' | 'release' | 'quarantineFile' | 'deleteVersion' | 'deleteByPolicy' | 'addSignature'
> {
  return {
    addVersion: async (version) => ask('addVersion', now(), check.checkNewVersion(version)),
    quarantine: async (change) => {
      check.checkStateChange(change);
      return ask('quarantine', now(), change);
    },
    release: async (change) => {
      check.checkStateChange(change);
      return ask('release', now(), change);
    },
    quarantineFile: async (sha256, change) => {
      checkSha256(sha256);
      check.checkWho(change);
      return ask('quarantineFile', now(), sha256, change);
    },
    deleteVersion: async (change) => {
      check.checkStateChange(change);
      return ask('deleteVersion', now(), change);
    },
    deleteByPolicy: async (name, policy, change) => {
      checkEntryName(name);
      check.checkPolicy(policy);
      check.checkWho(change);
      return ask('deleteByPolicy', now(), name, policy, change);
    },
    addSignature: async (place, bundle, by) => {
      check.checkPlace(place);
      check.checkBundle(bundle);
      check.checkWho({ by });
      await ask('addSignature', now(), place, bundle, by);
    },
  };
}

function aliases(
  ask: Ask,
  now: Now,
): Pick<RegistryStore, 'moveAlias' | 'aliasesOf' | 'aliasEpoch' | 'aliasAt' | 'history' | 'setFrozen'> {
  return {
    moveAlias: async (change) => {
      check.checkAliasChange(change);
      return ask('moveAlias', now(), change);
    },
    aliasesOf: async (name) => {
      checkEntryName(name);
      return ask('aliasesOf', name);
    },
    aliasEpoch: async (name, alias) => {
      checkEntryName(name);
      checkAlias(alias);
      return ask('aliasEpoch', name, alias);
    },
    aliasAt: async (name, alias, atMs) => {
      checkEntryName(name);
      checkAlias(alias);
      check.checkCount('atMs', atMs);
      return ask('aliasAt', name, alias, atMs);
    },
    history: async (name, { alias, beforeSequence = Number.MAX_SAFE_INTEGER, limit = 100 } = {}) => {
      checkEntryName(name);
      if (alias !== undefined) checkAlias(alias);
      check.checkCount('beforeSequence', beforeSequence);
      check.checkLimit(limit);
      return ask('history', name, alias, beforeSequence, limit);
    },
    setFrozen: async (freeze) => {
      check.checkFreeze(freeze);
      await ask('setFrozen', now(), freeze);
    },
  };
}

function rollouts(
  ask: Ask,
  now: Now,
): Pick<
  RegistryStore,
  | 'startRollout'
  | 'changeRollout'
  | 'getRollout'
  | 'listRollouts'
  | 'putEvidence'
  | 'listEvidence'
  | 'takeLease'
  | 'giveLease'
> {
  return {
    startRollout: async (rollout) => {
      check.checkNewRollout(rollout);
      return ask('startRollout', now(), rollout);
    },
    changeRollout: async (change) => {
      check.checkRolloutChange(change);
      return ask('changeRollout', now(), change);
    },
    getRollout: async (id) => {
      check.checkCount('id', id);
      return ask('getRollout', id);
    },
    listRollouts: async ({ name, running, limit = 100 } = {}) => {
      if (name !== undefined) checkEntryName(name);
      check.checkLimit(limit);
      return ask('listRollouts', name, running, limit);
    },
    putEvidence: async (evidence) => {
      check.checkEvidence(evidence);
      await ask('putEvidence', now(), evidence);
    },
    listEvidence: async (rollout) => {
      check.checkCount('rollout', rollout);
      return ask('listEvidence', rollout);
    },
    takeLease: async (name, holder, ttlMs) => {
      check.checkLease(name, holder, ttlMs);
      return ask('takeLease', now(), name, holder, ttlMs);
    },
    giveLease: async (name, holder) => {
      check.checkLease(name, holder, 1);
      await ask('giveLease', name, holder);
    },
  };
}

function audit(ask: Ask, now: Now): Pick<RegistryStore, 'note' | 'audit' | 'verifyAudit' | 'auditHead'> {
  return {
    note: async (entry) => {
      check.checkNote(entry);
      return ask('append', { at: now(), ...entry });
    },
    audit: async (after, limit) => {
      check.checkCount('after', after);
      check.checkLimit(limit);
      return ask('auditEntries', after, limit);
    },
    verifyAudit: () => verify(ask),
    auditHead: () => ask('auditHead'),
  };
}

/** Page by page, so that a long chain keeps nobody waiting. */
async function verify(ask: Ask): Promise<number | undefined> {
  let place = chainStart;
  for (;;) {
    const checked = await ask('checkChain', place);
    if (checked.kind === 'whole') return undefined;
    if (checked.kind === 'broken') return checked.sequence;
    place = checked.place;
  }
}
