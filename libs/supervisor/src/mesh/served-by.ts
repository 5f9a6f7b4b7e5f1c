/** What gateways are told to serve, and what of it is lost. */
import { isDeepStrictEqual } from 'node:util';
import { unservedName } from '@sheaf/host';
import type { OnEvent } from '@sheaf/inference';
import { followLimits, type Mesh } from '@sheaf/mesh';
import type { Served } from '../gateways/gateways.ts';
import type { StartReplicas } from '../services/replicas.ts';
import { endpointsOf, type RunningServices, unservedOf } from '../services/running-services.ts';
import type { Workers } from '../workers/workers.ts';

export interface ServedMeshOptions {
  /** The mesh as it was read at the start: settings that take effect at a start alone are read from it. */
  readonly first: Mesh;
  readonly start: StartReplicas;
  /** Whether all of a folder is served, or none. */
  readonly isStrict: boolean;
  readonly onEvent: OnEvent;
  readonly workers: Pick<Workers, 'processes'>;
}

/** Makes the message that gateways are told: a state of the folder, and where its services are. */
export const servedBy = (
  { first, isStrict }: Pick<ServedMeshOptions, 'first' | 'isStrict'>,
  mesh: Mesh,
  services: RunningServices,
): Served => ({
  mesh: { ...mesh, limits: followLimits(first.limits, mesh.limits) },
  endpoints: endpointsOf(services),
  unserved: unservedOf(services.values()),
  isStrict,
});

/** A line for each model and transform that is not served now; of those that were not before, nothing. */
export function lostLines({ unserved }: Served, before?: Served): string[] {
  const known = before?.unserved ?? [];
  const lost = unserved.filter((one) => !one.isRetried && !known.some((other) => isDeepStrictEqual(other, one)));
  return lost.map((one) => `${unservedName(one)} is out: ${one.why}`);
}
