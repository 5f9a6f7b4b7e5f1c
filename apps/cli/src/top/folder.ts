/** What a mesh serves, as far as its metrics do not say it. */

/** A model, a transform or a pipeline that is served. */
export interface Named {
  readonly name: string;
  readonly kind: 'model' | 'transform' | 'pipeline';
  /** The service that runs it; empty for a pipeline, which the gateway runs. */
  readonly service: string;
  readonly ready: boolean;
}

export interface Folder {
  readonly names: readonly Named[];
  readonly services: readonly { readonly name: string; readonly foreign: boolean }[];
  /** How many parts are not served as they stand in the folder. */
  readonly partsOut: number;
}

/** As much as is used of what GetConfiguration tells. */
interface Configuration {
  readonly pipelines: readonly { readonly name: string; readonly ready: boolean }[];
  readonly services: readonly {
    readonly name: string;
    readonly own: boolean;
    readonly ready: boolean;
    readonly models: readonly string[];
    readonly transforms: readonly string[];
  }[];
  readonly out: readonly unknown[];
}

/** `json`: what GetConfiguration tells. */
export function folderOf(json: string): Folder {
  const { pipelines, services, out } = JSON.parse(json) as Configuration;
  const ofServices = services.flatMap(({ name: service, ready, models, transforms }) => [
    ...models.map((name) => ({ name, kind: 'model' as const, service, ready })),
    ...transforms.map((name) => ({ name, kind: 'transform' as const, service, ready })),
  ]);
  // Of several versions of a pipeline one that is ready is enough.
  const versions = Map.groupBy(pipelines, ({ name }) => name);
  const ofGateway = [...versions].map(([name, all]) => {
    const ready = all.some((one) => one.ready);
    return { name, kind: 'pipeline' as const, service: '', ready };
  });
  return {
    names: [...ofGateway, ...ofServices],
    services: services.map(({ name, own }) => ({ name, foreign: !own })),
    partsOut: out.length,
  };
}
