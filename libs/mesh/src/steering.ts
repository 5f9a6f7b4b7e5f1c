/** Whether other aliases can take the place of those that are served. */
import type { Mesh, Steering } from './mesh.ts';

/** Answers what is wrong with aliases that are not as `mesh` has them: a name or a version that it does not serve. Undefined: nothing. */
export function steeringProblem({ models, pipelines, aliases }: Mesh, next: Steering): string | undefined {
  const served = new Map<string, readonly string[]>([
    ...models.map(({ name, versions }) => [name, versions.map(({ version }) => version)] as const),
    ...[...Map.groupBy(pipelines, ({ spec }) => spec.pipeline)].map(
      ([name, versions]) => [name, versions.map(({ spec }) => String(spec.version))] as const,
    ),
  ]);
  for (const [name, versions] of next.aliases) {
    const there = served.get(name);
    for (const [alias, version] of versions) {
      if (aliases.get(name)?.get(alias) === version) continue;
      if (!there) return `aliases.${name}: no model or pipeline "${name}" is served`;
      if (!there.includes(version))
        return `aliases.${name}.${alias}: version ${version} is not served; ${there.join(', ')} are`;
    }
  }
  return undefined;
}
