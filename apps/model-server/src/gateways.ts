/** The gateways of the mesh, as the transforms of a service ask them. */
import { type Infer, InferError, type Limits } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { createRemote } from '@sheaf/transport';

export interface Gateways {
  readonly infer: Infer;
  close(): void;
}

/** `targets` are their internal servers, in the order of their numbers. */
export function connectGateways(
  targets: readonly string[],
  { tls }: Mesh,
  { limits, secret }: { readonly limits: Limits; readonly secret: string | undefined },
): Gateways {
  const gateways = targets.map((target) =>
    createRemote(target, { service: 'gateway', limits, transport: 'stream', tls, secret }),
  );
  return {
    infer: async (request, context) => {
      // Where the call came from: the configuration that it is under is known there.
      const gateway = gateways[(context.snapshot.gateway || 1) - 1];
      if (gateway) return gateway.infer(request, context);
      throw new InferError(
        'FAILED_PRECONDITION',
        'this service was started without --gateway; its transforms can ask nobody',
      );
    },
    close: () => {
      for (const gateway of gateways) gateway.close();
    },
  };
}
