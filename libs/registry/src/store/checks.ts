/** Checks once what may enter the store, before any adapter sees it. Types say the rest. */
import type { JsonObject } from '../manifest.ts';
import { checkAlias, checkDigest, checkEntryName, checkText, checkVersionNumber } from '../names.ts';
import { parseManifest } from '../parse-manifest.ts';
import { invalid } from '../refusals.ts';
import type {
  AliasChange,
  EvidenceRecord,
  Freeze,
  NewRollout,
  NewVersion,
  RetentionPolicy,
  RolloutChange,
  StateChange,
  VersionPlace,
} from '../registry-store.ts';

/** The longest text of each field, in UTF-16 code units. */
const lengthMax = {
  by: 1_024,
  why: 1_024,
  evidence: 2_048,
  bundle: 65_536,
  word: 64,
  source: 256,
  detail: 4_096,
} as const;
/** The largest JSON, in UTF-16 code units. */
const jsonMax = { trial: 1_048_576, spec: 65_536, evidence: 1_048_576 } as const;
const pageMax = 1_000;
/** A day. */
const leaseMsMax = 86_400_000;

export function checkNewVersion(version: NewVersion): NewVersion {
  checkEntryName(version.name);
  checkWho(version);
  if (version.trial) checkJson('trial', version.trial, jsonMax.trial);
  return { ...version, manifest: parseManifest(version.manifest) };
}

export function checkWhich(name: string, which: number | string): void {
  checkEntryName(name);
  if (typeof which === 'number') checkVersionNumber(which);
  else checkDigest(which);
}

export function checkPlace({ name, version }: VersionPlace): void {
  checkEntryName(name);
  checkVersionNumber(version);
}

export function checkStateChange(change: StateChange): void {
  checkPlace(change);
  checkWho(change);
  if (change.trial) checkJson('trial', change.trial, jsonMax.trial);
}

export function checkWho({ by, why = '' }: { readonly by: string; readonly why?: string }): void {
  checkText('by', by, lengthMax.by);
  checkText('why', why, lengthMax.why);
}

export function checkBundle(bundle: string): void {
  checkText('bundle', bundle, lengthMax.bundle);
}

export function checkAliasChange({ name, alias, to, expectedEpoch, by, why, evidence = '' }: AliasChange): void {
  checkEntryName(name);
  checkAlias(alias);
  if (to !== undefined) checkVersionNumber(to, 'to');
  checkCount('expectedEpoch', expectedEpoch);
  checkWho({ by, why });
  checkText('evidence', evidence, lengthMax.evidence);
}

export function checkFreeze({ name, alias, by, why }: Freeze): void {
  checkEntryName(name);
  if (alias !== undefined) checkAlias(alias);
  checkWho({ by, why });
}

export function checkPolicy({ newest = 0 }: RetentionPolicy): void {
  checkCount('newest', newest);
}

export function checkNewRollout({
  name,
  slot,
  versions,
  spec,
  state,
  step,
  reason,
  by,
  evidence = {},
}: NewRollout): void {
  checkEntryName(name);
  checkText('slot', slot, lengthMax.word);
  for (const [index, version] of versions.entries()) checkVersionNumber(version, `versions[${index}]`);
  checkJson('spec', spec, jsonMax.spec);
  checkProgress({ state, step, reason, by, evidence });
}

export function checkRolloutChange(change: RolloutChange): void {
  checkCount('id', change.id);
  checkCount('expectedEpoch', change.expectedEpoch);
  checkProgress(change);
}

function checkProgress({
  state,
  step,
  reason,
  by,
  evidence,
}: Pick<RolloutChange, 'state' | 'step' | 'reason' | 'by' | 'evidence'>): void {
  checkText('state', state, lengthMax.word);
  checkCount('step', step);
  checkText('reason', reason, lengthMax.why);
  checkText('by', by, lengthMax.by);
  checkJson('evidence', evidence, jsonMax.evidence);
}

export function checkEvidence(evidence: readonly Omit<EvidenceRecord, 'atMs'>[]): void {
  if (evidence.length > pageMax) throw invalid('evidence', `want at most ${pageMax}, got ${evidence.length}`);
  for (const [index, { rollout, source, value }] of evidence.entries()) {
    checkCount(`evidence[${index}].rollout`, rollout);
    checkText(`evidence[${index}].source`, source, lengthMax.source);
    checkJson(`evidence[${index}].value`, value, jsonMax.evidence);
  }
}

export function checkLease(name: string, holder: string, ttlMs: number): void {
  checkText('name', name, lengthMax.word);
  checkText('holder', holder, lengthMax.source);
  if (holder === '') throw invalid('holder', 'want a name, got none');
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1 || ttlMs > leaseMsMax)
    throw invalid('ttlMs', `want 1 to ${leaseMsMax}, got ${ttlMs}`);
}

export function checkNote(entry: {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
}): void {
  for (const field of ['actor', 'action', 'subject'] as const) checkText(field, entry[field], lengthMax.by);
  checkText('detail', entry.detail, lengthMax.detail);
  // History is read from them.
  if (entry.action === 'alias.move') throw invalid('action', 'want another one: history is read from these');
}

export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > pageMax)
    throw invalid('limit', `want 1 to ${pageMax}, got ${limit}`);
}

export function checkCount(field: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) throw invalid(field, `want a whole number, 0 or more, got ${count}`);
}

function checkJson(field: string, value: JsonObject, max: number): void {
  checkText(field, JSON.stringify(value), max);
}
