import { type Check, finding } from '../finding.ts';

export const registryAway: Check = ({ registryAway: why }) =>
  why === undefined
    ? []
    : [
        finding(
          'warning',
          `the registry is away, and the mesh goes on with what it has: ${why}`,
          'start the registry, or make registry.address of mesh.yaml lead to it; the mesh follows it again by itself',
        ),
      ];
