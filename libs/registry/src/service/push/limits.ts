/** How much a push may be, and how long it may take. */
export interface PushLimits {
  /** Files of a version. Default 10,000. */
  readonly filesMax: number;
  /** Bytes of all of them. Default 64 GiB. */
  readonly bytesMax: number;
  /** Pushes at once, of all callers. Default 16. */
  readonly pushesMax: number;
  /** Pushes at once of one credential, so that none keeps all others from it. Default 8. */
  readonly pushesOfOneMax: number;
  /** How long nothing may come. Default 30,000, in milliseconds. */
  readonly silenceMaxMs: number;
  /** How long a push may take. Default 6 hours, in milliseconds. */
  readonly pushMaxMs: number;
  /** Bytes that one credential may have in versions that are not deleted and in what is on its way. Default 256 GiB. */
  readonly publisherBytesMax: number;
  /** Bytes that a push leaves free on the disk. Default 1 GiB. */
  readonly freeBytesMin: number;
}

export const pushLimits: PushLimits = {
  filesMax: 10_000,
  bytesMax: 64 * 2 ** 30,
  pushesMax: 16,
  pushesOfOneMax: 8,
  silenceMaxMs: 30_000,
  pushMaxMs: 6 * 3_600_000,
  publisherBytesMax: 256 * 2 ** 30,
  freeBytesMin: 2 ** 30,
};
