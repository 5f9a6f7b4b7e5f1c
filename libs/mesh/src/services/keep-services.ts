import type { Mesh, Service } from '../mesh.ts';

/**
 * `next`, but for the services of `before` that are named: they, and all that they hold, are as they were. What runs is of one state: of a service with
 * several models one cannot be changed while another one stays.
 */
export function keepServices<Given extends Pick<Mesh, 'models' | 'transforms' | 'services'>>(
  next: Given,
  before: Mesh | undefined,
  named: readonly string[],
): Given {
  const kept = before?.services.filter(({ name }) => named.includes(name)) ?? [];
  if (!before || kept.length === 0) return next;
  const models = new Set(kept.flatMap((service) => service.models));
  const transforms = new Set(kept.flatMap((service) => service.transforms));
  const without = (service: Service): Service => ({
    ...service,
    models: service.models.filter((name) => !models.has(name)),
    transforms: service.transforms.filter((name) => !transforms.has(name)),
  });
  const others = next.services.filter(({ name }) => !named.includes(name)).map(without);
  return {
    ...next,
    models: byName([
      ...next.models.filter(({ name }) => !models.has(name)),
      ...before.models.filter(({ name }) => models.has(name)),
    ]),
    transforms: [
      ...next.transforms.filter(({ name }) => !transforms.has(name)),
      ...before.transforms.filter(({ name }) => transforms.has(name)),
    ],
    services: [...others.filter(holdsSomething), ...kept],
  };
}

/** Whether a service goes on as it was, since something that it holds is broken in the folder. */
export const isKept = ({ out }: Pick<Mesh, 'out'>, { models, transforms }: Service): boolean =>
  out.some(({ kind, name, keeps }) => keeps && (kind === 'model' ? models : transforms).includes(name));

export const holdsSomething = ({ models, transforms }: Service): boolean => models.length + transforms.length > 0;

/** The services of `services` with nothing but what there is; foreign ones hold what we cannot see. */
export const servicesHolding = (
  services: readonly Service[],
  models: ReadonlySet<string>,
  transforms: ReadonlySet<string>,
): Service[] =>
  services
    .map((service) =>
      service.endpoint
        ? service
        : {
            ...service,
            models: service.models.filter((name) => models.has(name)),
            transforms: service.transforms.filter((name) => transforms.has(name)),
          },
    )
    .filter(holdsSomething);

const byName = <T extends { readonly name: string }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
