/** Which versions of a model are served: `versionPolicy` in model.yaml, in the words of Triton's `version_policy`. */
import { integer, integers, isRecord, readFields } from './fields.ts';
import type { FoundVersion } from './model-layout.ts';
import type { MeshProblem } from './problem.ts';
import type { YamlFile } from './yaml-file.ts';

export type VersionPolicy =
  | { readonly kind: 'all' }
  | { readonly kind: 'latest'; readonly count: number }
  | { readonly kind: 'specific'; readonly versions: readonly string[] };

const all: VersionPolicy = { kind: 'all' };
const versionsMax = 1_000;
const fields = { latest: integer(1, versionsMax), specific: integers(1, 999_999_999_999_999) };

/** Either `all`, or a mapping with one of the two. */
export const versionPolicy = (value: unknown, wrong: (wanted: string) => undefined): unknown =>
  value === 'all' || (isRecord(value) && Object.keys(value).length === 1)
    ? value
    : wrong('all, { latest: <how many> } or { specific: [<version>, ...] }');

/** `found` are the versions that there are: one that is asked for and is not there is told. */
export function readVersionPolicy(
  yaml: YamlFile,
  value: unknown,
  found: readonly FoundVersion[],
  problems: MeshProblem[],
): VersionPolicy {
  const path = ['versionPolicy'];
  if (value === undefined || value === 'all') return all;
  const { latest, specific } = readFields(yaml, path, value, fields, problems);
  if (latest !== undefined) return { kind: 'latest', count: latest };
  if (!specific) return all;
  const versions = specific.map(String);
  const there = found.map(({ version }) => version);
  const missing = versions.find((version) => !there.includes(version));
  if (versions.length === 0) problems.push(yaml.place([...path, 'specific'], 'want one version or more, got none'));
  if (missing !== undefined)
    problems.push(
      yaml.place([...path, 'specific'], `there is no version ${missing}; there are ${there.join(', ') || 'none'}`),
    );
  return { kind: 'specific', versions };
}

/** Those that are served, newest first. */
export function servedVersions(found: readonly FoundVersion[], policy = all): readonly FoundVersion[] {
  const sorted = found.toSorted((a, b) => Number(b.version) - Number(a.version));
  if (policy.kind === 'all') return sorted;
  if (policy.kind === 'latest') return sorted.slice(0, policy.count);
  return sorted.filter(({ version }) => policy.versions.includes(version));
}
