import { allSteps, type PipelineName, pipelineFinder, pipelinesAsked, targetsOf } from '@sheaf/pipeline';
import type { Mesh } from '../mesh.ts';
import { type MeshProblem, problemIn } from '../problem.ts';

/** A transform may ask a pipeline that asks a transform that asks a pipeline ...: so many at most. */
const depthMax = 8;

/** What the transforms declare to use is there, and none of it leads back to them. */
export function checkUses(
  {
    models,
    transforms,
    pipelines,
    services,
    aliases,
  }: Pick<Mesh, 'models' | 'transforms' | 'pipelines' | 'services' | 'aliases'>,
  brokenModels: ReadonlySet<string>,
  problems: MeshProblem[],
): void {
  const foreign = services.filter(({ endpoint }) => endpoint).flatMap((service) => service.models);
  const known = new Set([
    ...models.map(({ name }) => name),
    // A model that is there and broken has its own line.
    ...brokenModels,
    ...foreign,
    ...pipelines.map(({ spec }) => spec.pipeline),
  ]);
  const find = pipelineFinder(
    pipelines.map(({ spec }) => spec),
    aliases,
  );
  /** A pipeline is one of its versions: they may hand calls to one another. */
  const keyOf = (named: PipelineName): string => {
    const spec = find(named);
    return spec ? `${spec.pipeline}/${spec.version}` : named.name;
  };
  const asked = new Map<string, readonly string[]>(
    transforms.map(({ path, uses }) => [path, uses.map((name) => keyOf({ name }))]),
  );
  for (const { spec } of pipelines) {
    const steps = spec.stages.flatMap(({ step }) => allSteps(step, []));
    const paths = steps.flatMap(({ step }) => targetsOf(step)).flatMap((t) => (t.kind === 'transform' ? [t.path] : []));
    asked.set(`${spec.pipeline}/${spec.version}`, [...pipelinesAsked(spec).map(keyOf), ...paths]);
  }
  for (const { path, uses, content, pins = new Map() } of transforms) {
    for (const name of uses.filter((use) => !known.has(use)))
      problems.push(problemIn(path, `uses: there is no model or pipeline "${name}"`));
    const unsaid = content && uses.find((use) => !pins.has(use) && !namedBeside(path, pipelines).has(use));
    if (unsaid !== undefined)
      problems.push(problemIn(path, `uses: want what its pipeline names or pins in the registry, got "${unsaid}"`));
    const way = wayBack(path, asked);
    if (way) problems.push(problemIn(path, `uses: it asks itself: ${way.join(' -> ')}`));
    else if (uses.length > 0 && depthOf(path, asked) > depthMax)
      problems.push(problemIn(path, `uses: pipelines and transforms ask one another at most ${depthMax} deep`));
  }
}

/** What pipelines name that ask a transform. Of a version in a registry the publisher may see all of it, and nothing else that its code might ask. */
function namedBeside(path: string, pipelines: Mesh['pipelines']): ReadonlySet<string> {
  const targets = pipelines
    .map(({ spec }) => spec.stages.flatMap(({ step }) => allSteps(step, [])).flatMap(({ step }) => targetsOf(step)))
    .filter((all) => all.some((target) => target.kind === 'transform' && target.path === path));
  return new Set(targets.flat().flatMap((target) => (target.kind === 'transform' ? [] : [target.name])));
}

/** A way from `start` back to it. */
function wayBack(start: string, asked: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const seen = new Set<string>();
  const open: (readonly string[])[] = [[start]];
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    for (const next of asked.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return [...way, next];
      if (!seen.has(next)) open.push([...way, next]);
      seen.add(next);
    }
  }
  return undefined;
}

/** Steps down the longest way, as far as it matters; a cycle is endless. */
function depthOf(name: string, asked: ReadonlyMap<string, readonly string[]>, level = 0): number {
  if (level > depthMax) return level;
  return Math.max(level, ...(asked.get(name) ?? []).map((next) => depthOf(next, asked, level + 1)));
}
