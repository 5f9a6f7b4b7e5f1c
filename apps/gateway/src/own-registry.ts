/** The registry in the folder of the mesh, as this gateway serves it. */
import { InferError } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { type OpenedWhenAsked, openRegistry, openWhenAsked } from '@sheaf/registry';

/** Opened with the first call: most meshes have none. A mesh that follows a server elsewhere has none of its own. */
export const ownRegistry = ({ folder, registry }: Pick<Mesh, 'folder' | 'registry'>): OpenedWhenAsked =>
  openWhenAsked(async () => {
    if (registry?.address === undefined) return openRegistry(folder);
    throw new InferError('FAILED_PRECONDITION', 'the registry of this mesh is a server of its own; ask that one', {
      reason: 'REGISTRY_ELSEWHERE',
    });
  });
