/** Which aliases are in force: those of mesh.yaml, or those before where calls that are answered now would not be. */
import { isDeepStrictEqual } from 'node:util';
import type { Aliases } from '@sheaf/inference';
import type { Mesh } from '../mesh.ts';
import { formatProblem } from '../problem.ts';
import { judgePipelines, type Surroundings } from './judge-pipelines.ts';
import type { PipelineFile } from './read-pipelines.ts';

/** Answers why the aliases of `around` cannot take the place of those `before`; undefined where they can. */
export function aliasesProblem(
  files: readonly PipelineFile[],
  around: Surroundings,
  before: Aliases,
): string | undefined {
  const { aliases, models } = around.mesh;
  for (const [name, versions] of aliases) {
    const model = models.find((one) => one.name === name);
    const isServed = (version: string | undefined): boolean =>
      model?.versions.some((own) => own.version === version) ?? true;
    for (const [alias, version] of versions)
      if (!isServed(version) && isServed(before.get(name)?.get(alias) ?? model?.versions[0].version))
        return `aliases.${name}.${alias}: version ${version} is not served`;
  }
  const judged = judgePipelines(files, { ...around, mesh: { ...around.mesh, aliases: before } });
  for (const [file, { out, problems }] of judgePipelines(files, around))
    if (out !== undefined && judged.get(file)?.out === undefined)
      return `aliases: with them a pipeline does not fit what it asks: ${problems.map(formatProblem).join('; ') || `${file}: ${out}`}`;
  return undefined;
}

/** The aliases that are to be served in place of those that are, and why those before stay where they do. */
export function aliasesInForce(
  files: readonly PipelineFile[],
  around: Surroundings,
  before: Pick<Mesh, 'aliases'> | undefined,
): { readonly aliases: Aliases; readonly why: string | undefined } {
  const { aliases } = around.mesh;
  if (!before || isDeepStrictEqual(before.aliases, aliases)) return { aliases, why: undefined };
  const why = aliasesProblem(files, around, before.aliases);
  return why === undefined ? { aliases, why } : { aliases: before.aliases, why };
}
