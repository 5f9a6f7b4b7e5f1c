/** The registry in the folder of the mesh, as this gateway serves it. */
import type { Mesh } from '@sheaf/mesh';
import { type OpenedWhenAsked, openRegistry, openWhenAsked } from '@sheaf/registry';

/** Opened with the first call: most meshes have none. */
export const ownRegistry = ({ folder }: Pick<Mesh, 'folder'>): OpenedWhenAsked =>
  openWhenAsked(() => openRegistry(folder));
