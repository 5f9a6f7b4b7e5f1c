/** A server that says what it is told to, frame by frame, right or wrong. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { frameTypes, preface } from '../frame-types.ts';

export function frame(type: number, frameFlags: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = frameFlags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

export const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
};

/** Of SETTINGS: identifiers and values. */
export const settingsFrame = (...entries: (readonly [id: number, value: number])[]): Buffer => {
  const payload = Buffer.alloc(6 * entries.length);
  for (const [at, [id, value]] of entries.entries()) {
    payload.writeUInt16BE(id, 6 * at);
    payload.writeUInt32BE(value, 6 * at + 2);
  }
  return frame(frameTypes.SETTINGS, 0, 0, payload);
};

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export interface RawServer extends AsyncDisposable {
  /** What a client is connected by; the server has its other end. */
  readonly socket: Socket;
  send(...frames: Buffer[]): void;
  /** The next frame of a type; those before it are dropped. Rejects when the client leaves before. */
  next(type: number): Promise<RawFrame>;
}

/** Says SETTINGS, the given ones or none. */
export async function openRawServer(settings = settingsFrame()): Promise<RawServer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [peer] = (await once(server, 'connection')) as [Socket];
  // The client may cut the connection while something is being said.
  peer.on('error', () => {});
  peer.write(settings);
  const frames = framesOf(peer);
  return {
    socket,
    send: (...bytes) => void peer.write(Buffer.concat(bytes)),
    async next(type) {
      for (;;) {
        const { value, done } = await frames.next();
        if (done) throw new Error(`the client left before a frame of type ${type}`);
        if (value.type === type) return value;
      }
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      peer.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function* framesOf(peer: Socket): AsyncGenerator<RawFrame, undefined> {
  let unread = Buffer.alloc(0);
  let isGreeted = false;
  for await (const chunk of peer) {
    unread = Buffer.concat([unread, chunk]);
    if (!isGreeted && unread.length >= preface.length) {
      unread = unread.subarray(preface.length);
      isGreeted = true;
    }
    while (isGreeted && unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
      const end = 9 + unread.readUIntBE(0, 3);
      const [type = 0, flags = 0] = unread.subarray(3, 5);
      yield { type, flags, id: unread.readUInt32BE(5), payload: unread.subarray(9, end) };
      unread = unread.subarray(end);
    }
  }
  return undefined;
}
