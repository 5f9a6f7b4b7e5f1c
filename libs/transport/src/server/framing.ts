/** How gRPC frames a message: a flag that says whether it is compressed, a length in four bytes, and the bytes. */
import { gunzipSync, inflateSync } from 'node:zlib';
import { InferError, type MessageLimit, messageTooLarge } from '@sheaf/inference';
import { noRoom } from './bytes/byte-room.ts';
import { isPacking, type Packing, packings, UnpackedTooLarge, type UnpackRoom, unpack } from './bytes/unpack.ts';

/** Before every message: the flag and the length. */
export const headBytes = 5;

/** As `grpc-accept-encoding` has it. */
export const acceptedEncodings = ['identity', ...packings].join();

/** Fills in the head of a message that has been left room for it. */
export function writeHead(frame: Buffer): Buffer {
  frame[0] = 0;
  frame.writeUInt32BE(frame.length - headBytes, 1);
  return frame;
}

/** Answers the length of the message that this head stands before; throws InferError where it may not be so long, or the flag is none. */
export function checkHead(head: Buffer, limit: MessageLimit): number {
  const flag = head[0] ?? 0;
  if (flag > 1) throw framingInvalid(`want a flag of 0 or 1, got ${flag}`);
  const size = head.readUInt32BE(1);
  if (size > limit.messageBytesMax) throw tooLarge(`got ${size}`, limit, size);
  return size;
}

/** The machine may have less memory than the process may take. */
export function allocate(bytes: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch {
    throw noRoom();
  }
}

/** A message that came compressed. Throws InferError. */
export async function decompress(
  message: Buffer,
  encoding: string | undefined,
  limit: MessageLimit,
  room: UnpackRoom,
): Promise<Buffer> {
  const packing = packingOf(encoding);
  try {
    return await unpack(message, packing, limit.messageBytesMax, room);
  } catch (error) {
    if (error instanceof InferError) throw error;
    if (error instanceof UnpackedTooLarge) throw tooLarge('got more when it was unpacked', limit);
    throw framingInvalid(`it is no ${packing}`);
  }
}

/** The same for one of many messages of a stream, which come one after the other. */
export function decompressAtOnce(message: Buffer, encoding: string | undefined, limit: MessageLimit): Buffer {
  const packing = packingOf(encoding);
  const unpackSync = packing === 'gzip' ? gunzipSync : inflateSync;
  try {
    return unpackSync(message, { maxOutputLength: limit.messageBytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge('got more when it was unpacked', limit);
    throw framingInvalid(`it is no ${packing}`);
  }
}

function packingOf(encoding: string | undefined): Packing {
  if (encoding === undefined || encoding === 'identity')
    throw framingInvalid('it is said to be compressed; grpc-encoding does not say how');
  if (isPacking(encoding)) return encoding;
  throw new InferError('UNIMPLEMENTED', `grpc-encoding: want ${acceptedEncodings}, got another`, {
    reason: 'ENCODING_UNKNOWN',
  });
}

export const framingInvalid = (what: string): InferError =>
  new InferError('INVALID_ARGUMENT', `the message of the call: ${what}`, { reason: 'FRAMING_INVALID' });

const tooLarge = (what: string, limit: MessageLimit, size?: number): InferError =>
  messageTooLarge(`the message of the call: want at most ${limit.messageBytesMax} bytes, ${what}`, limit, size);
