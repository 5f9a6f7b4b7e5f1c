import type { ModelDescription, Signature, TensorSpec } from '@sheaf/inference';
import { type Mesh, signatureIn } from '@sheaf/mesh';
import type { Services } from './services.ts';

/** Our own services are on this machine, or near it. */
const describeTimeoutMs = 10_000;

export const idOf = (name: string, version = ''): string => `${name}/${version}`;

/**
 * What our own services say of their models, by {@link idOf}: files declare shapes that are not true. One that does not say is taken by its file, and so
 * are the names of dimensions, which metadata has no place for.
 */
export async function describeOwn(mesh: Mesh, services: Services): Promise<Map<string, ModelDescription>> {
  const { models } = mesh;
  await services.asked;
  const asked = models.flatMap(({ name, versions }) =>
    ['', ...versions.map(({ version }) => version)].map(async (version) => {
      const handle = services.holding(name);
      const told = handle?.isReady()
        ? await handle.describe(name, version, describeTimeoutMs).catch(() => undefined)
        : undefined;
      const declared = signatureIn(mesh, { kind: 'model', name, ...(version === '' ? {} : { version }) });
      return told ? ([[idOf(name, version), withNames(told, declared)]] as const) : [];
    }),
  );
  return new Map((await Promise.all(asked)).flat());
}

function withNames(told: ModelDescription, declared: Signature | undefined): ModelDescription {
  const named =
    (specs: readonly TensorSpec[] = []) =>
    (spec: TensorSpec): TensorSpec => {
      const own = specs.find(({ name }) => name === spec.name);
      return own?.symbols && own.shape.length === spec.shape.length ? { ...spec, symbols: own.symbols } : spec;
    };
  return {
    ...told,
    inputs: told.inputs.map(named(declared?.inputs)),
    outputs: told.outputs.map(named(declared?.outputs)),
  };
}
