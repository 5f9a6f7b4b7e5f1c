/** What of a folder is served where callers and `sheaf up` say what is loaded. */
import { allSteps, pipelinesAsked, targetsOf } from '@sheaf/pipeline';
import type { Mesh, MeshPipeline, MeshTransform, OutPart, UnloadedPart } from './mesh.ts';
import { transformsOf } from './pipelines/read-pipelines.ts';
import { servicesHolding } from './services/keep-services.ts';

/** In place of a name: all of the folder. */
export const everything = '*';

/** Answers the mesh with what is named and all that this asks; the rest is `unloaded`. Undefined: all of it is served. */
export function loadedPart(mesh: Mesh, loaded: readonly string[] | undefined): Mesh {
  if (loaded === undefined) return mesh;
  const held = askedBy(mesh, loaded.includes(everything) ? namesIn(mesh) : loaded);
  const pipelines = mesh.pipelines.filter(({ spec }) => held.has(spec.pipeline));
  const paths = new Set(pipelines.flatMap(({ spec }) => transformsOf(spec)));
  const transforms = mesh.transforms.filter(({ path }) => paths.has(path));
  const models = mesh.models.filter(({ name }) => held.has(name));
  const services = mesh.services.flatMap((service) => {
    if (service.endpoint === undefined) return [service];
    const own = service.models.filter((name) => held.has(name));
    return own.length > 0 ? [{ ...service, models: own }] : [];
  });
  return {
    ...mesh,
    models,
    transforms,
    pipelines,
    services: servicesHolding(services, namesOf(models), namesOf(transforms)),
    out: mesh.out.filter((part) => !isAddressed(part) || held.has(part.name)),
    loaded,
    unloaded: unloadedIn(mesh, held),
  };
}

const namesOf = (items: readonly { readonly name: string }[]): Set<string> => new Set(items.map(({ name }) => name));

/** Whether callers may ask for it by its name. */
const isAddressed = ({ kind }: OutPart): boolean => kind === 'model' || kind === 'pipeline';

/** Every model and pipeline of a mesh, also what is broken, not loaded, or of somebody else's servers. */
export function namesIn({ models, pipelines, services, out, unloaded = [] }: Mesh): string[] {
  return [
    ...namesOf([...models, ...out.filter(isAddressed), ...unloaded]),
    ...new Set(pipelines.map(({ spec }) => spec.pipeline)),
    ...services.flatMap((service) => (service.endpoint === undefined ? [] : service.models)),
  ];
}

/** The names, and those of the models and pipelines that these ask, all the way down. */
export function askedBy(
  { pipelines, transforms }: Pick<Mesh, 'pipelines' | 'transforms'>,
  names: readonly string[],
): ReadonlySet<string> {
  const held = new Set(names);
  // Grows as it is walked.
  for (const name of held)
    for (const pipeline of pipelines.filter(({ spec }) => spec.pipeline === name))
      for (const asked of asks(pipeline, transforms)) held.add(asked);
  return held;
}

function asks({ spec }: MeshPipeline, transforms: readonly MeshTransform[]): string[] {
  const targets = spec.stages.flatMap(({ step }) => allSteps(step, []).flatMap(({ step: inner }) => targetsOf(inner)));
  return [
    ...pipelinesAsked(spec).map(({ name }) => name),
    ...targets.flatMap((target) =>
      target.kind === 'transform' ? (transforms.find(({ path }) => path === target.path)?.uses ?? []) : [target.name],
    ),
  ];
}

function unloadedIn({ models, pipelines, out }: Mesh, held: ReadonlySet<string>): UnloadedPart[] {
  const all = [
    ...models.flatMap(({ name, versions }) => versions.map(({ version }) => ({ name, version }))),
    ...pipelines.map(({ spec }) => ({ name: spec.pipeline, version: String(spec.version) })),
    ...out.filter(isAddressed).map(({ name, version }) => ({ name, version })),
  ].filter(({ name }) => !held.has(name));
  return [...Map.groupBy(all, ({ name }) => name)].map(([name, parts]) => ({
    name,
    versions: [...new Set(parts.flatMap(({ version }) => version ?? []))].toSorted((a, b) => Number(b) - Number(a)),
  }));
}
