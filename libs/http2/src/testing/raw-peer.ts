/** A client that says whatever frames its test wants, on a socket in memory. */
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Connection } from '../connection.ts';
import { FrameReader } from '../frame-reader.ts';
import { flags, frameTypes, preface } from '../frame-types.ts';
import { encodeHeaders } from '../hpack/encoder.ts';
import { ServerRole } from '../server.ts';
import {
  type ConnectionOptions,
  errorCodes,
  type Field,
  type ServerStream,
  type StreamEnd,
  type StreamHandler,
} from '../types.ts';

export type FrameType = keyof typeof frameTypes;

export interface SeenFrame {
  readonly type: FrameType;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export function frame(
  type: FrameType | number,
  frameFlags: number,
  id: number,
  payload: Uint8Array | readonly number[] = [],
): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head[3] = typeof type === 'number' ? type : frameTypes[type];
  head[4] = frameFlags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, bytes]);
}

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([0, id]), uint32(value)]);

export const requestFields: readonly Field[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/a.Service/Method'],
  [':authority', 'there'],
  ['te', 'trailers'],
];

export const headersFrame = (
  id: number,
  { isLast = false, fields = requestFields }: { isLast?: boolean; fields?: readonly Field[] } = {},
): Buffer => frame('HEADERS', flags.END_HEADERS | (isLast ? flags.END_STREAM : 0), id, encodeHeaders(fields).bytes);

export const dataFrame = (id: number, bytes: Uint8Array | readonly number[], isLast = false): Buffer =>
  frame('DATA', isLast ? flags.END_STREAM : 0, id, bytes);

/** A stream as its handler saw it. */
export interface ToldStream {
  readonly stream: ServerStream;
  readonly parts: Buffer[];
  ends: number;
  end?: StreamEnd;
}

export interface RawPeer {
  readonly connection: Connection;
  readonly socket: Duplex;
  readonly streams: ToldStream[];
  /** Frames that came, oldest first. */
  readonly seen: SeenFrame[];
  /** Why the server closed, once it has. */
  readonly closed: { readonly why: string | undefined } | undefined;
  readonly hasEnded: boolean;
  send(...frames: Uint8Array[]): void;
  /** Waits until the server has read all that was sent, and has answered. */
  settle(): Promise<void>;
  /** Lists the errors that came: `RST_STREAM 3 PROTOCOL_ERROR`, `GOAWAY PROTOCOL_ERROR`. */
  errors(): string[];
  of(type: FrameType, id?: number): SeenFrame[];
}

export interface RawPeerOptions extends ConnectionOptions {
  /** Handles each call. By default a call is taken, and nothing is answered. */
  readonly answer?: (stream: ServerStream) => StreamHandler | undefined;
  /** Whether it says hello by itself. Default true. */
  readonly isPolite?: boolean;
  /** Whether it reads. Default true. */
  readonly isReading?: boolean;
}

const silent: StreamHandler = { data() {}, end() {}, close() {} };

const nameOf = (table: Readonly<Record<string, number>>, value: number): string =>
  Object.entries(table).find(([, known]) => known === value)?.[0] ?? String(value);

export function openRawPeer({ answer, isPolite = true, isReading = true, ...options }: RawPeerOptions = {}): RawPeer {
  const [socket, theirs] = duplexPair();
  const streams: ToldStream[] = [];
  const seen: SeenFrame[] = [];
  let closed: RawPeer['closed'];
  let hasEnded = false;
  const connection = new Connection(
    theirs,
    options,
    (core) =>
      new ServerRole(core, {
        stream: (stream) => tell(stream, streams, answer?.(stream) ?? silent),
        close: (why) => {
          closed = { why };
        },
      }),
  );
  connection.start();
  listen(socket, seen, isReading);
  socket.on('end', () => {
    hasEnded = true;
  });
  socket.on('error', () => {});
  const send = (...frames: Uint8Array[]): void => void socket.write(Buffer.concat(frames));
  if (isPolite) send(preface, frame('SETTINGS', 0, 0), frame('SETTINGS', flags.ACK, 0));
  return {
    connection,
    socket,
    streams,
    seen,
    get closed() {
      return closed;
    },
    get hasEnded() {
      return hasEnded;
    },
    send,
    async settle() {
      // Bytes that one side writes reach the other some turns later.
      for (let turns = 0; turns < 6; turns++) await turn();
    },
    errors: () =>
      seen.flatMap(({ type, id, payload }) => {
        if (type === 'RST_STREAM') return [`RST_STREAM ${id} ${nameOf(errorCodes, payload.readUInt32BE(0))}`];
        return type === 'GOAWAY' ? [`GOAWAY ${nameOf(errorCodes, payload.readUInt32BE(4))}`] : [];
      }),
    of: (type, id) => seen.filter((one) => one.type === type && (id === undefined || one.id === id)),
  };
}

/** Notes what a handler is told. */
function tell(stream: ServerStream, streams: ToldStream[], handler: StreamHandler): StreamHandler {
  const told: ToldStream = { stream, parts: [], ends: 0 };
  streams.push(told);
  return {
    data(part) {
      told.parts.push(Buffer.from(part));
      handler.data(part);
    },
    end(trailers) {
      told.ends++;
      handler.end(trailers);
    },
    close(end) {
      told.end = end;
      handler.close(end);
    },
    drain: () => handler.drain?.(),
  };
}

function listen(socket: Duplex, seen: SeenFrame[], isReading: boolean): void {
  let parts: Buffer[] = [];
  const add = (type: number, frameFlags: number, id: number, payload: Buffer): void => {
    seen.push({ type: nameOf(frameTypes, type) as FrameType, flags: frameFlags, id, payload });
  };
  const reader = new FrameReader({
    dataBegin() {
      parts = [];
    },
    dataPart: (part) => parts.push(part),
    dataEnd: (id, frameFlags) => add(frameTypes.DATA, frameFlags, id, Buffer.concat(parts)),
    frame: (type, frameFlags, id, bytes, start, end) =>
      add(type, frameFlags, id, Buffer.from(bytes.subarray(start, end))),
  });
  if (isReading) socket.on('data', (chunk: Buffer) => reader.read(chunk));
}
