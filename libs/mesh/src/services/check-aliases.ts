/** Whether what aliases of mesh.yaml name is there. */
import type { Aliases } from '@sheaf/inference';
import type { Model, OutPart } from '../mesh.ts';
import { calledIn, type PipelineFile } from '../pipelines/read-pipelines.ts';
import type { MeshProblem } from '../problem.ts';

/** The versions that there are of a name, served or broken; undefined where nobody can tell, since all of it is broken. */
export type KnownVersions = ReadonlyMap<string, ReadonlySet<string> | undefined>;

export function versionsIn(
  models: readonly Model[],
  out: readonly OutPart[],
  pipelines: readonly PipelineFile[],
): KnownVersions {
  const known = new Map<string, Set<string> | undefined>();
  const add = (name: string, version: string | undefined): void => {
    const versions = known.has(name) ? known.get(name) : new Set<string>();
    known.set(name, version === undefined ? undefined : versions?.add(version));
  };
  for (const { name, versions } of models) for (const { version } of versions) add(name, version);
  for (const { name, version } of out) add(name, version);
  for (const file of pipelines) add(calledIn(file), file.spec && String(file.spec.version));
  return known;
}

/** An alias is of a model or pipeline of the folder, and of a version of it that is there. */
export function checkAliases(
  aliases: Aliases,
  known: KnownVersions,
  place: (path: readonly string[], message: string) => MeshProblem,
): MeshProblem[] {
  return [...aliases].flatMap(([name, versions]) => {
    if (!known.has(name)) {
      const names = [...known.keys()].join(', ') || 'none';
      return [place(['aliases', name], `there is no model or pipeline "${name}" in the folder; there are ${names}`)];
    }
    const there = known.get(name);
    return [...versions].flatMap(([alias, version]) =>
      there === undefined || there.has(version)
        ? []
        : [place(['aliases', name, alias], `there is no version ${version}; there are ${[...there].join(', ')}`)],
    );
  });
}
