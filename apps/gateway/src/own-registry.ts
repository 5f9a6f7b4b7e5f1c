/** The registry in the folder of the mesh, as this gateway serves it, and the rollouts in it. */
import type { Mesh } from '@sheaf/mesh';
import { type OpenedWhenAsked, openRegistry, openWhenAsked } from '@sheaf/registry';
import type { CommandLine } from './command-line.ts';
import { followRollouts } from './follow-rollouts.ts';
import type { GatewayRollouts } from './rollouts.ts';

export interface OwnRegistryPorts {
  readonly mesh: Pick<Mesh, 'folder'>;
  readonly line: Pick<CommandLine, 'number'>;
  readonly rollouts: GatewayRollouts;
}

/** Opened with the first call, and where there is one already for its rollouts: most meshes have none. */
export function ownRegistry({
  mesh: { folder },
  line: { number },
  rollouts: { book },
}: OwnRegistryPorts): OpenedWhenAsked {
  const opened = openWhenAsked(() => openRegistry(folder));
  const endRollouts = followRollouts({ folder, book, registry: opened.registry, number });
  return {
    ...opened,
    close: async () => {
      await endRollouts();
      await opened.close();
    },
  };
}
