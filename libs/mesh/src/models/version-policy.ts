/** Which versions of a model are served: `versionPolicy` in model.yaml. */
import type { VersionPolicy } from '../language/model-document.ts';
import type { MeshProblem } from '../problem.ts';
import type { YamlFile } from '../yaml-file.ts';
import type { FoundVersion } from './model-layout.ts';

/** `found` are the versions that there are: one that is asked for and is not there is told. */
export function checkVersionPolicy(
  yaml: YamlFile,
  policy: VersionPolicy | undefined,
  found: readonly FoundVersion[],
  problems: MeshProblem[],
): void {
  if (policy?.kind !== 'specific') return;
  const path = ['versionPolicy', 'specific'];
  const there = found.map(({ version }) => version);
  const missing = policy.specific.map(String).find((version) => !there.includes(version));
  if (missing !== undefined)
    problems.push(yaml.place(path, `there is no version ${missing}; there are ${there.join(', ') || 'none'}`));
}

/** Those that are served, newest first. */
export function servedVersions(
  found: readonly FoundVersion[],
  policy: VersionPolicy = { kind: 'all' },
): readonly FoundVersion[] {
  const sorted = found.toSorted((a, b) => Number(b.version) - Number(a.version));
  switch (policy.kind) {
    case 'all':
      return sorted;
    case 'latest':
      return sorted.slice(0, policy.latest);
    case 'specific':
      return sorted.filter(({ version }) => policy.specific.includes(Number(version)));
  }
}
