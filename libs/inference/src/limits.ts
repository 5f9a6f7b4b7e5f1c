/** Every limit of the doors, in one place; `limits:` in mesh.yaml changes them. */
export interface Limits {
  /** Bytes of one gRPC message, either way. At most 64 MiB. */
  readonly messageBytesMax: number;
  readonly inputsMax: number;
  readonly outputsMax: number;
  readonly rankMax: number;
  readonly elementsMax: number;
  readonly nameCharsMax: number;
  readonly parametersMax: number;
  /** Bytes of a call's metadata, 32 more for each entry. */
  readonly metadataBytesMax: number;
  /** From the first byte of a call until its message is complete. */
  readonly requestArrivalMaxMs: number;
  readonly concurrentStreamsMax: number;
  readonly concurrentCallsMax: number;
  /** For a caller that names none. */
  readonly deadlineDefaultMs: number;
  /** A caller that names more gets this. */
  readonly deadlineMaxMs: number;
}

export const defaultLimits: Limits = {
  messageBytesMax: 4 * 1024 * 1024,
  inputsMax: 64,
  outputsMax: 64,
  rankMax: 16,
  elementsMax: 64 * 1024 * 1024,
  nameCharsMax: 128,
  parametersMax: 64,
  metadataBytesMax: 32 * 1024,
  requestArrivalMaxMs: 30_000,
  concurrentStreamsMax: 256,
  concurrentCallsMax: 1024,
  deadlineDefaultMs: 5_000,
  deadlineMaxMs: 60_000,
};
