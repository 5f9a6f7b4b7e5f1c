/** The names that answers of a revision may mention. */
import { type Mesh, transformName, transformsOf } from '@sheaf/mesh';
import type { Inside } from '@sheaf/policies';
import type { Catalog } from './catalog.ts';

export function insideOf(catalog: Catalog, { models, services, pipelines, out, policies }: Mesh): Inside {
  const routes = (policies?.routes ?? []).map(({ name }) => name);
  const named = [...models.map(({ name }) => name), ...pipelines.map(({ spec }) => spec.pipeline)];
  const broken = out.filter(({ kind }) => kind === 'model' || kind === 'pipeline').map(({ name }) => name);
  const labels = new Map<string, Set<string>>();
  for (const { spec } of pipelines) {
    const words = labels.get(spec.pipeline) ?? new Set();
    labels.set(spec.pipeline, words);
    addNames(spec, words);
  }
  const transforms = new Map<string, string[]>();
  for (const { spec } of pipelines)
    for (const path of transformsOf(spec))
      for (const name of [path, transformName(path)])
        transforms.set(name, [...(transforms.get(name) ?? []), spec.pipeline]);
  return {
    transforms,
    names: new Set([...catalog.names(), ...routes, ...named, ...broken]),
    services: new Map(services.map(({ name, models, transforms: own }) => [name, [...models, ...own]])),
    labels,
  };
}

/** Whatever a part of a pipeline's spec is called; what it asks is there too, and does no harm: that is known by its own name. */
function addNames(part: unknown, words: Set<string>): void {
  if (typeof part !== 'object' || part === null) return;
  for (const [key, value] of part instanceof Map ? part : Object.entries(part)) {
    if (key === 'name' && typeof value === 'string') words.add(value);
    else addNames(value, words);
  }
}
