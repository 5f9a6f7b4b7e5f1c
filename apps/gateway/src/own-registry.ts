/** The registry in the folder of the mesh, as this gateway serves it, with the rollouts and the webhooks in it. */
import { randomUUID } from 'node:crypto';
import { InferError } from '@sheaf/inference';
import { type Mesh, pushRules, signatureTrust, trialRules } from '@sheaf/mesh';
import { openRegistry, openWhenAsked, tellWebhooks } from '@sheaf/registry';
import type { Registry as Metrics } from '@sheaf/telemetry';
import type { RegistryService } from '@sheaf/transport';
import { createJudge } from '@sheaf/trial';
import type { CommandLine } from './command-line.ts';
import { followRollouts, rolloutsElsewhere, rolloutsOfFolder } from './follow-rollouts.ts';
import type { GatewayRollouts } from './rollouts.ts';

export interface OwnRegistryPorts {
  readonly mesh: Pick<Mesh, 'folder' | 'registry' | 'follows'>;
  readonly line: Pick<CommandLine, 'number'>;
  readonly rollouts: GatewayRollouts;
  /** Undefined: nothing is counted. */
  readonly registry: Metrics | undefined;
}

export interface OwnRegistry {
  readonly service: RegistryService;
  close(): Promise<void>;
}

/** Opened with the first call, and where there is one already for its rollouts and webhooks: most meshes have none. A mesh that follows a server elsewhere has none of its own, and takes part in the rollouts there. */
export function ownRegistry({
  mesh,
  line: { number },
  rollouts: { book },
  registry: metrics,
}: OwnRegistryPorts): OwnRegistry {
  const { folder, registry: followed } = mesh;
  let isReached: boolean | undefined;
  metrics?.read('sheaf_registry_reachable', () => (isReached === undefined ? [] : [[[], Number(isReached)]]));
  const onLook = (isWell: boolean): void => {
    isReached = isWell;
  };
  if (followed?.address !== undefined) {
    const { address } = followed;
    // Versions of a folder are not those of the registry, whatever their numbers are.
    const open = mesh.follows ? rolloutsElsewhere({ ...followed, address }) : async () => undefined;
    return { service: openWhenAsked(refuse).service, close: followRollouts({ book, open, number, onLook }) };
  }
  const trust = () => signatureTrust(folder);
  const { service, registry, close } = openWhenAsked(
    () => openRegistry(folder),
    (opened) => ({
      judge: createJudge(opened, { policyNow: () => trialRules(folder) }),
      trust,
      limitsNow: () => pushRules(folder),
    }),
  );
  const endRollouts = followRollouts({ book, open: rolloutsOfFolder(folder, registry, trust), number, onLook });
  const endWebhooks = tellWebhooks({ folder, registry, holder: randomUUID() });
  return {
    service,
    close: async () => {
      await Promise.all([endRollouts(), endWebhooks()]);
      await close();
    },
  };
}

const refuse = async (): Promise<never> => {
  throw new InferError('FAILED_PRECONDITION', 'the registry of this mesh is a server of its own; ask that one', {
    reason: 'REGISTRY_ELSEWHERE',
  });
};
