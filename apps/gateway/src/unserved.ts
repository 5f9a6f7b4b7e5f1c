import type { Unserved } from '@sheaf/host';
import type { Mesh, Model, ModelVersion, OutPart } from '@sheaf/mesh';

export interface Missing extends Unserved {
  /** Whether the process that holds it could not even start, and is tried again. */
  readonly isRetried: boolean;
}

/** A mesh with what its services have loaded; the rest is out. What is tried again stays: whoever asks for it hears when it may be there. */
export function withoutUnserved(mesh: Mesh, unserved: readonly Missing[]): Mesh {
  if (unserved.length === 0) return mesh;
  const isGone = (name: string, version: string): boolean =>
    unserved.some((one) => !one.isRetried && one.name === name && one.version === version);
  const models = mesh.models.flatMap((model): Model[] => {
    const [newest, ...older] = model.versions.filter(({ version }) => !isGone(model.name, version));
    const versions: readonly [ModelVersion, ...ModelVersion[]] | undefined = newest && [newest, ...older];
    return versions ? [{ ...model, versions }] : [];
  });
  const out = unserved.map(
    ({ kind, name, version, why }): OutPart => ({ kind, name, version: version || undefined, why, keeps: false }),
  );
  return { ...mesh, models, out: [...mesh.out, ...out] };
}
