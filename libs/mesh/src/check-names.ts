import type { Mesh } from './mesh.ts';
import { type MeshProblem, problemIn } from './problem.ts';

/** Models, transforms and pipelines are all addressed by one name; of a pipeline each version has a file of its own. */
export function checkNames(
  { models, transforms, pipelines }: Pick<Mesh, 'models' | 'transforms' | 'pipelines'>,
  problems: MeshProblem[],
): void {
  const owners = new Map<string, string>();
  const claim = (name: string, file: string): void => {
    const owner = owners.get(name);
    if (owner) problems.push(problemIn(file, `the name "${name}" is already taken by ${owner}`));
    else owners.set(name, file);
  };
  for (const { name } of models) claim(name, `models/${name}`);
  for (const { name, path } of transforms) claim(name, path);
  const versions = new Map<string, string>();
  for (const { spec, file } of pipelines) {
    const version = `${spec.pipeline}" version ${spec.version}`;
    const other = versions.get(version);
    if (other) problems.push(problemIn(file, `pipeline "${version} is already in ${other}`));
    else versions.set(version, file);
  }
  for (const [name, [{ file } = { file: '' }]] of Map.groupBy(pipelines, ({ spec }) => spec.pipeline))
    claim(name, file);
}
