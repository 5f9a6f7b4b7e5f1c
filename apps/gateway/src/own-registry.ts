/** The registry in the folder of the mesh, as this gateway serves it. */
import type { Mesh } from '@sheaf/mesh';
import { type OpenedWhenAsked, openRegistry, openWhenAsked } from '@sheaf/registry';
import { createJudge } from '@sheaf/trial';

/** Opened with the first call: most meshes have none. */
export const ownRegistry = ({ folder }: Pick<Mesh, 'folder'>): OpenedWhenAsked =>
  openWhenAsked(
    () => openRegistry(folder),
    (registry) => ({ judge: createJudge(registry) }),
  );
