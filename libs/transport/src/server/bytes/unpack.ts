/** Unpacks messages: small ones at once, the others a few at a time, so that they leave most of Node's threads to those who check credentials. */
import { createGunzip, createInflate, gunzipSync, inflateSync } from 'node:zlib';
import { byteLimits, type Share } from './byte-room.ts';

/** By the names of gRPC, whose deflate is the format of zlib. */
const unpackers = {
  gzip: { sync: gunzipSync, stream: createGunzip },
  deflate: { sync: inflateSync, stream: createInflate },
} as const;

export type Packing = keyof typeof unpackers;

export const packings = Object.keys(unpackers) as readonly Packing[];
export const isPacking = (name: string): name is Packing => Object.hasOwn(unpackers, name);

/** What has no more than this before and after is unpacked at once: a thread would take longer to begin. It holds up the event loop for less than a millisecond. */
const atOnceBytesMax = 128 * 1024;
/** Unpackings at the same time. Node has four threads, which credentials are checked on too. */
const atSameTimeMax = 2;
/** Unpacked at a time, and looked at before there is more. */
const pieceBytes = 256 * 1024;

/** How much larger a message is likely to be once it is unpacked; one that is yet larger gets its room as it grows, or is refused. */
export const likelyRatio = 4;

/** By its last bytes in gzip, which may lie: what is more gets its room as it grows. */
function unpackedSize(packed: Buffer, packing: Packing, bytesMax: number): number {
  const isTold = packing === 'gzip' && packed.length >= 4;
  return Math.min(bytesMax, isTold ? packed.readUInt32LE(packed.length - 4) : packed.length * likelyRatio);
}

/** Where a message has its room while it is unpacked. */
export interface UnpackRoom {
  readonly share: Share | undefined;
  /** Undefined: there is room; else resolves when there is. `brought`: how much of the message has come by now. */
  reserve(messageBytes: number, brought?: () => number): Promise<void> | undefined;
  /** Throws RESOURCE_EXHAUSTED where there is none. */
  take(bytes: number): void;
  give(bytes: number): void;
}

/** It is larger than it may be once it is unpacked. */
export class UnpackedTooLarge extends Error {}

/** Throws UnpackedTooLarge, an InferError where `hold` has no room for it, and any other error where it is not packed as it is said to be. */
export async function unpack(packed: Buffer, packing: Packing, bytesMax: number, hold: UnpackRoom): Promise<Buffer> {
  if (packed.length <= atOnceBytesMax) {
    const unpacked = unpackAtOnce(packed, packing, Math.min(bytesMax, atOnceBytesMax));
    if (unpacked) {
      hold.take(unpacked.length);
      return unpacked;
    }
    if (bytesMax <= atOnceBytesMax) throw new UnpackedTooLarge();
  }
  // It waits for its room only as long as it holds none of the large messages, which others wait for.
  if (packed.length <= byteLimits.smallBytesMax) await hold.reserve(unpackedSize(packed, packing, bytesMax));
  await turn(hold.share);
  try {
    return await unpackInPieces(packed, packing, bytesMax, hold);
  } finally {
    leave(hold.share);
  }
}

/** Undefined: it is too large for that. */
function unpackAtOnce(packed: Buffer, packing: Packing, maxOutputLength: number): Buffer | undefined {
  try {
    return unpackers[packing].sync(packed, { maxOutputLength });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}

async function unpackInPieces(packed: Buffer, packing: Packing, bytesMax: number, hold: UnpackRoom): Promise<Buffer> {
  const stream = unpackers[packing].stream({ chunkSize: pieceBytes });
  const pieces: Buffer[] = [];
  let bytes = 0;
  stream.end(packed);
  for await (const piece of stream as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bytesMax) throw new UnpackedTooLarge();
    // As a piece, and in the whole.
    hold.take(2 * piece.length);
    pieces.push(piece);
  }
  const whole = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const piece of pieces) at += piece.copy(whole, at);
  hold.give(bytes);
  return whole;
}

interface Turn {
  readonly share: Share | undefined;
  readonly begin: () => void;
}

const waiting: Turn[] = [];
const running: (Share | undefined)[] = [];

/** In order, but for those who have none running before those who have. */
async function turn(share: Share | undefined): Promise<void> {
  if (running.length >= atSameTimeMax) await new Promise<void>((begin) => waiting.push({ share, begin }));
  else running.push(share);
}

function leave(share: Share | undefined): void {
  running.splice(running.indexOf(share), 1);
  const next = waiting.find((one) => !running.includes(one.share)) ?? waiting[0];
  if (!next) return;
  waiting.splice(waiting.indexOf(next), 1);
  running.push(next.share);
  next.begin();
}
