import { totalmem } from 'node:os';
import { InferError } from './error.ts';

/** Every limit of the servers, in one place; `limits:` in mesh.yaml changes them. */
export interface Limits {
  /** Bytes of one gRPC message, either way. */
  readonly messageBytesMax: number;
  /** The same between the processes of a mesh, where what goes from stage to stage may be larger than what comes in. */
  readonly innerMessageBytesMax: number;
  /** Which of the two `messageBytesMax` stands for here: see `innerLimits`. */
  readonly messageKey?: 'innerMessageBytesMax';
  /**
   * Bytes that the messages of one process may take at the same time, with the copies that are made of them: what has come, is unpacked, waits, runs, and
   * what of answers nobody has read yet. A process is the gateway, or one of a service.
   */
  readonly bytesInFlightMax: number;
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

const messageBytesMax = 64 * 1024 * 1024;

/** A message stands in memory three times while it is handed on; a quarter of all is kept for small messages, and for those that are in and grow. */
const messagesInFlightMin = 4;

/** The least `bytesInFlightMax` that lets in a message of this size. */
export const bytesInFlightMin = (messageBytes: number): number => messagesInFlightMin * messageBytes;

/** A quarter of the memory of the machine, or of the control group that the process is in; at least what lets in a message of this size. */
export function bytesInFlightDefault(messageBytes: number): number {
  const memoryBytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.max(bytesInFlightMin(messageBytes), Math.floor(memoryBytes / 4));
}

export const defaultLimits: Limits = {
  messageBytesMax,
  innerMessageBytesMax: messageBytesMax,
  bytesInFlightMax: bytesInFlightDefault(messageBytesMax),
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

/** As `limits`, for the internal servers of a mesh and their clients. */
export const innerLimits = (limits: Limits): Limits => ({
  ...limits,
  messageBytesMax: limits.innerMessageBytesMax,
  messageKey: 'innerMessageBytesMax',
});

/** What may be taken of a message, and the key of mesh.yaml that says so: that of the public server unless given. */
export type MessageLimit = Pick<Limits, 'messageBytesMax' | 'messageKey'>;

/** Refuses a message; `what` says that it is too large, and what it may be. */
export function messageTooLarge(what: string, limit: MessageLimit, size?: number): InferError {
  const { messageBytesMax, messageKey = 'messageBytesMax' } = limit;
  const metadata = { limit: String(messageBytesMax), ...(size !== undefined && { size: String(size) }) };
  const where = messageKey === 'messageBytesMax' ? '' : ' for what goes from stage to stage';
  return new InferError('RESOURCE_EXHAUSTED', `${what} (limits.${messageKey} in mesh.yaml${where})`, {
    reason: 'MESSAGE_TOO_LARGE',
    metadata,
  });
}
