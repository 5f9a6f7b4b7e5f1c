import { type Check, finding, mebibytes } from '../finding.ts';

const [lowBytes, fullBytes] = [500 * 2 ** 20, 50 * 2 ** 20];

export const disks: Check = ({ disks: seen }) =>
  seen
    .filter(({ freeBytes }) => freeBytes < lowBytes)
    .map(({ what, path, freeBytes }) =>
      finding(
        freeBytes < fullBytes ? 'error' : 'warning',
        `${what} has ${mebibytes(freeBytes)} left (${path})`,
        `df -h ${path}; make room there`,
      ),
    );
