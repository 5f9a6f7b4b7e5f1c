import { type Check, finding, mebibytes, some } from '../finding.ts';

/** A container that passes its limit is killed with everything in it; a service with a limit of its own is replaced alone. */
export const memoryLimits: Check = ({ mesh, machine }) => {
  if (!mesh || machine.cgroupBytes === undefined) return [];
  const own = mesh.services.filter(({ endpoint }) => !endpoint);
  const limited = own.reduce((sum, { memoryMaxBytes = 0, replicas }) => sum + memoryMaxBytes * replicas, 0);
  if (limited > machine.cgroupBytes)
    return [
      finding(
        'warning',
        `the services may take ${mebibytes(limited)}, and the container ${mebibytes(machine.cgroupBytes)}`,
        'services: { <name>: { memory: ... } } in mesh.yaml',
      ),
    ];
  const free = own.filter(({ memoryMaxBytes }) => memoryMaxBytes === undefined).map(({ name }) => name);
  if (free.length === 0) return [];
  return [
    finding(
      'note',
      `the container may take ${mebibytes(machine.cgroupBytes)}, and services have no limit of their own: ${some(free)}`,
      'services: { <name>: { memory: ... } } in mesh.yaml has one replaced, instead of all killed',
    ),
  ];
};
