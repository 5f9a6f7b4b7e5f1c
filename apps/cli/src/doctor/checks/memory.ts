import { type Check, finding, mebibytes } from '../finding.ts';

export const memory: Check = ({ processes, machine }) => {
  const taken = processes.reduce((sum, { memoryBytes = 0 }) => sum + memoryBytes, 0);
  const max = Math.min(machine.memoryBytes, machine.cgroupBytes ?? Number.POSITIVE_INFINITY);
  if (taken <= max * 0.8) return [];
  const most = [...processes].sort((one, other) => (other.memoryBytes ?? 0) - (one.memoryBytes ?? 0))[0];
  const seen = `the processes take ${mebibytes(taken)} of ${mebibytes(max)}, most of it ${most?.name}`;
  return [
    finding(
      taken > max * 0.95 ? 'error' : 'warning',
      seen,
      'fewer replicas or instances, or limits.bytesInFlightMax in mesh.yaml',
    ),
  ];
};
