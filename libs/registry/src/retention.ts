/** Decides which versions of an entry go. */
import type { RetentionPolicy } from './registry-store.ts';

export interface RetainedVersion {
  readonly version: number;
  readonly digest: string;
  readonly parent: string | undefined;
  readonly createdAtMs: number;
}

const hourMs = 3_600_000;

/** The versions that a policy does not keep, by number. `needed` are those that something leads to; parents of what stays, stay. */
export function versionsToDelete(
  versions: readonly RetainedVersion[],
  needed: ReadonlySet<number>,
  { newest = 0, hourly = false }: RetentionPolicy,
): number[] {
  const byNumber = versions.toSorted((a, b) => a.version - b.version);
  const kept = new Set(needed);
  if (newest > 0) for (const { version } of byNumber.slice(-newest)) kept.add(version);
  // The last of each hour overwrites those before.
  if (hourly)
    for (const version of new Map(byNumber.map((one) => [Math.floor(one.createdAtMs / hourMs), one.version])).values())
      kept.add(version);
  const byDigest = new Map(byNumber.map((version) => [version.digest, version]));
  const byVersion = new Map(byNumber.map((version) => [version.version, version]));
  // A set goes on to what is added while it is walked.
  for (const version of kept) {
    const parent = byDigest.get(byVersion.get(version)?.parent ?? '');
    if (parent) kept.add(parent.version);
  }
  return byNumber.filter(({ version }) => !kept.has(version)).map(({ version }) => version);
}
