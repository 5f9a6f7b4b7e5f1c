/** What a trial may take. */
import { totalmem } from 'node:os';
import { defaultLimits } from '@sheaf/inference';

export interface TrialLimits {
  /** Bytes of all files of a version. Default 64 GiB. */
  readonly sizeBytesMax: number;
  /**
   * Bytes of resident memory of the process, Node's own 100 MiB or so among them. Default: 2 GiB and four times the files of the version and of the one that it
   * is compared with, but at most three quarters of what the machine, or its control group, has.
   */
  readonly memoryBytesMax?: number | undefined;
  /** Milliseconds that one version may take in all. Default 900,000. */
  readonly timeMsMax: number;
  /** Milliseconds that one run may take. Default: the `runLimitMs` of its model.yaml, which is 10,000 unless told. */
  readonly runMsMax?: number | undefined;
  /** Bytes of the outputs of one run. Default: the default of `limits.innerMessageBytesMax`. */
  readonly outputBytesMax: number;
}

export const trialLimits: TrialLimits = {
  sizeBytesMax: 64 * 2 ** 30,
  timeMsMax: 900_000,
  outputBytesMax: defaultLimits.innerMessageBytesMax,
};

/** The limit of memory for files of so many bytes. */
export function memoryLimit({ memoryBytesMax }: TrialLimits, sizeBytes: number): number {
  const machineBytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return memoryBytesMax ?? Math.min(2 * 2 ** 30 + 4 * sizeBytes, Math.floor((machineBytes / 4) * 3));
}
