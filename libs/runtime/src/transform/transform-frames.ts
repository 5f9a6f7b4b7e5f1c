/**
 * Messages between a service and the process of a transform, as bytes. The code of a transform can write into the descriptor that they go by, so whatever
 * comes may be rubbish: it is read under bounds, as JSON and plain bytes, and what does not fit is an error that its reader throws.
 *
 * A frame is `u32` bytes of the head, `u48` bytes of all memory, the head, and the memory, numbers in little-endian order. The head is JSON of the message and
 * of how long each memory is; in the message a number stands for each memory.
 */
import type { Socket } from 'node:net';
import { InferError } from '@sheaf/inference';
import { isCount, isRecord } from './transform-message.ts';

/** The descriptor, in the process of a transform. */
export const transformChannel = 3;

const prefixBytes = 10;
/** Names, shapes and sentences of one message take no more. */
const headBytesMax = 2 ** 20;
/** Tensors of one message. */
const memoriesMax = 4096;
/** A frame with less memory is one piece: to copy it costs less than to write it by itself. */
const togetherBytesMax = 64 * 1024;

interface Head {
  readonly memories: readonly number[];
  readonly message: unknown;
}

/** The pieces of one frame, in their order. Throws RESOURCE_EXHAUSTED where the other side would not take it. */
export function writeFrame(message: unknown, bodyBytesMax: number): Uint8Array[] {
  const memories: ArrayBuffer[] = [];
  const numbered = JSON.stringify(numberMemories(message, memories));
  const lengths = memories.map(({ byteLength }) => byteLength);
  const bodyBytes = lengths.reduce((sum, bytes) => sum + bytes, 0);
  const head = `{"memories":[${lengths}],"message":${numbered}}`;
  const headBytes = Buffer.byteLength(head);
  const atOnce = 'go to or from a transform at once';
  if (bodyBytes > bodyBytesMax) throw tooLarge(`tensors of ${bodyBytes} bytes; at most ${bodyBytesMax} ${atOnce}`);
  if (headBytes > headBytesMax)
    throw tooLarge(`names and shapes of ${headBytes} bytes; at most ${headBytesMax} ${atOnce}`);
  if (memories.length > memoriesMax) throw tooLarge(`${memories.length} tensors; at most ${memoriesMax} ${atOnce}`);
  const isTogether = bodyBytes <= togetherBytesMax;
  const first = Buffer.allocUnsafe(prefixBytes + headBytes + (isTogether ? bodyBytes : 0));
  first.writeUInt32LE(headBytes, 0);
  first.writeUIntLE(bodyBytes, 4, 6);
  first.write(head, prefixBytes);
  const bodies = memories.map((memory) => new Uint8Array(memory));
  if (!isTogether) return [first, ...bodies];
  let at = prefixBytes + headBytes;
  for (const body of bodies) {
    first.set(body, at);
    at += body.length;
  }
  return [first];
}

/** The same with a number for each memory, which is added to `memories`. Not a replacer of JSON.stringify: that takes five times as long. */
function numberMemories(value: unknown, memories: ArrayBuffer[]): unknown {
  if (value instanceof ArrayBuffer) return memories.push(value) - 1;
  if (!isRecord(value)) return value;
  if (Array.isArray(value)) return isRecord(value[0]) ? value.map((one) => numberMemories(one, memories)) : value;
  const numbered: Record<string, unknown> = {};
  for (const key in value) numbered[key] = numberMemories(value[key], memories);
  return numbered;
}

/** Writes in one call of the system where it can be. `onSent` is called when the system has all of it. */
export function writeTo(socket: Socket, pieces: readonly Uint8Array[], onSent?: () => void): void {
  const [first = '', ...rest] = pieces;
  if (rest.length === 0) {
    socket.write(first, onSent);
    return;
  }
  const last = rest.pop() ?? '';
  socket.cork();
  for (const piece of [first, ...rest]) socket.write(piece);
  socket.write(last, onSent);
  socket.uncork();
}

const tooLarge = (what: string): InferError =>
  new InferError('RESOURCE_EXHAUSTED', what, { reason: 'MESSAGE_TOO_LARGE', retryAfterMs: -1 });

/** Takes the bytes that come, in pieces of any size, and hands on each message once it is whole. Throws for what is no frame; it is not to be asked again then. */
export function createFrameReader(bodyBytesMax: number, hear: (message: unknown) => void): (chunk: Uint8Array) => void {
  const prefix = Buffer.alloc(prefixBytes);
  /** What is filled now, how far, and who looks at it then. */
  let wanted: Uint8Array = prefix;
  let filled = 0;
  let onFull: () => void = readPrefix;
  const expect = (next: Uint8Array, then: () => void): void => {
    wanted = next;
    filled = 0;
    onFull = then;
  };
  function readPrefix(): void {
    const [headBytes, bodyBytes] = [prefix.readUInt32LE(0), prefix.readUIntLE(4, 6)];
    if (headBytes === 0 || headBytes > headBytesMax) throw new RangeError(`a head of ${headBytes} bytes`);
    if (bodyBytes > bodyBytesMax) throw new RangeError(`memory of ${bodyBytes} bytes`);
    const head = Buffer.allocUnsafe(headBytes);
    expect(head, () => readMemories(readHead(head, bodyBytes)));
  }
  function readMemories({ memories: lengths, message }: Head): void {
    const memories = lengths.map((length) => new ArrayBuffer(length));
    let index = 0;
    const next = (): void => {
      for (let memory = memories[index++]; memory !== undefined; memory = memories[index++])
        if (memory.byteLength > 0) {
          expect(new Uint8Array(memory), next);
          return;
        }
      expect(prefix, readPrefix);
      if (memories.length > 0) putBack(message, memories);
      hear(message);
    };
    next();
  }
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + wanted.length - filled);
      wanted.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled === wanted.length) onFull();
    }
  };
}

function readHead(bytes: Buffer, bodyBytes: number): Head {
  const head: unknown = JSON.parse(bytes.toString());
  if (!isRecord(head) || !Array.isArray(head['memories'])) throw new TypeError('a head without memories');
  const memories: readonly unknown[] = head['memories'];
  let sum = 0;
  for (const bytes of memories) {
    if (!isCount(bytes)) throw new RangeError('memories that are none');
    sum += bytes;
  }
  if (memories.length > memoriesMax || sum !== bodyBytes) throw new RangeError('memories of another size');
  return { memories: memories as readonly number[], message: head['message'] };
}

/** Puts each memory where its number stands, in place: the message was made a moment ago. */
function putBack(value: unknown, memories: readonly ArrayBuffer[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    if (isRecord(value[0])) for (const one of value) putBack(one, memories);
    return;
  }
  if ('memory' in value) value.memory = memories[Number(value.memory)];
  for (const inner of Object.values(value)) putBack(inner, memories);
}
