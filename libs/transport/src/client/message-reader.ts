/** Cuts what comes on a stream into messages, as gRPC frames them: a flag, a length in four bytes, and the bytes. */

const headBytes = 5;

/** Why what comes is no message. */
export type MessageFault = 'compressed' | 'too large';

export interface MessageReader {
  /** Answers why nothing more can be read; undefined where all is well. */
  read(chunk: Buffer): MessageFault | undefined;
  /** Whether a message has begun that is not whole. */
  readonly isWithin: boolean;
}

/**
 * `onMessage` is told of each message when it is whole: a view on the chunk where it came in one, else a copy. No more is kept than has come, whatever
 * length a message says it has.
 */
export function createMessageReader(bytesMax: number, onMessage: (message: Buffer) => void): MessageReader {
  /** What has come of a message that is not whole, with its head. */
  let parts: Buffer[] = [];
  let partBytes = 0;

  function gather(chunk: Buffer): Buffer {
    if (parts.length === 0) return chunk;
    parts.push(chunk);
    partBytes += chunk.length;
    if (partBytes < wantedBytes) return empty;
    const whole = Buffer.concat(parts, partBytes);
    parts = [];
    partBytes = 0;
    return whole;
  }

  /** Of the message of which `parts` is the beginning: with its head, when that is there. */
  let wantedBytes = 0;

  return {
    get isWithin() {
      return parts.length > 0;
    },
    read(chunk) {
      const bytes = gather(chunk);
      let at = 0;
      while (at < bytes.length) {
        const left = bytes.length - at;
        if (left >= headBytes) {
          const length = bytes.readUInt32BE(at + 1);
          if (bytes[at] !== 0) return 'compressed';
          if (length > bytesMax) return 'too large';
          wantedBytes = headBytes + length;
        } else wantedBytes = headBytes;
        if (left < wantedBytes || left < headBytes) {
          parts = [at === 0 ? bytes : bytes.subarray(at)];
          partBytes = left;
          return undefined;
        }
        onMessage(bytes.subarray(at + headBytes, at + wantedBytes));
        at += wantedBytes;
      }
      return undefined;
    },
  };
}

const empty = Buffer.alloc(0);
