import type { Model, ModelVersion, OutPart } from '../mesh.ts';
import { formatProblem, type MeshProblem } from '../problem.ts';

/** The models that can be served, and those that cannot: a mistake in one version is no reason to do without the others. */
export function wholeModels(
  found: readonly Model[],
  problems: readonly MeshProblem[],
): { readonly models: readonly Model[]; readonly out: readonly OutPart[] } {
  const byName = Map.groupBy(
    problems.filter(({ file }) => file.startsWith('models/')),
    ({ file }) => file.split('/')[1] ?? '',
  );
  const models: Model[] = [];
  const out: OutPart[] = [];
  for (const model of found) {
    const own = byName.get(model.name) ?? [];
    byName.delete(model.name);
    const byPart = Map.groupBy(own, ({ file }) => file.split('/')[2] ?? '');
    const [newest, ...older] = model.versions.filter(({ version }) => !byPart.has(version));
    // What says how to serve it is for every version.
    const isWhole = newest !== undefined && !byPart.has('') && !byPart.has('model.yaml');
    if (isWhole) {
      const versions: readonly [ModelVersion, ...ModelVersion[]] = [newest, ...older];
      models.push({ ...model, versions });
      for (const [version, about] of byPart) out.push(outModel(model.name, about, version));
    } else out.push(outModel(model.name, own));
  }
  for (const [name, own] of byName) out.push(outModel(name, own));
  return { models, out };
}

const outModel = (name: string, problems: readonly MeshProblem[], version?: string): OutPart => ({
  kind: 'model',
  name,
  version,
  why: problems.map(formatProblem).join('; '),
  keeps: false,
});
