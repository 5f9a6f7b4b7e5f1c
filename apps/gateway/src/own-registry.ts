/** The registry in the folder of the mesh, as this gateway serves it. */
import { randomUUID } from 'node:crypto';
import { InferError } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { openRegistry, openWhenAsked, tellWebhooks } from '@sheaf/registry';
import type { RegistryService } from '@sheaf/transport';

export interface OwnRegistry {
  readonly service: RegistryService;
  close(): Promise<void>;
}

/** Opened with the first call, or for its webhooks: most meshes have none. A mesh that follows a server elsewhere has none of its own. */
export function ownRegistry({ folder, registry: followed }: Pick<Mesh, 'folder' | 'registry'>): OwnRegistry {
  if (followed?.address !== undefined) return openWhenAsked(refuse);
  const { service, registry, close } = openWhenAsked(() => openRegistry(folder));
  const endWebhooks = tellWebhooks({ folder, registry, holder: randomUUID() });
  return {
    service,
    close: async () => {
      await endWebhooks();
      await close();
    },
  };
}

const refuse = async (): Promise<never> => {
  throw new InferError('FAILED_PRECONDITION', 'the registry of this mesh is a server of its own; ask that one', {
    reason: 'REGISTRY_ELSEWHERE',
  });
};
