/** What this room offers to whoever speaks HTTP/2 over it: connections, streams, and what they are told. Callbacks, since a promise or an event for each frame costs more than the frame. */
import type { Duplex } from 'node:stream';

/** Error codes of RFC 9113, section 7. */
export const errorCodes = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

export type ErrorCode = (typeof errorCodes)[keyof typeof errorCodes];

/** A field of a header list: its name in lower case, and its value, one character for each byte (latin1). */
export type Field = readonly [name: string, value: string];

/**
 * The fields of a header list in the order in which they came, pseudo-header fields first. It is never changed, and calls of one connection that send the
 * same bytes share it: what is worked out of one may be kept in a WeakMap by it.
 */
export interface HeaderList {
  readonly fields: readonly Field[];
  /** The value of a name in lower case; those of a name that came more than once are joined by `, `, cookies by `; `. */
  get(name: string): string | undefined;
  /** As RFC 9113 6.5.2 counts it: names, values, and 32 for each field. */
  readonly size: number;
}

/** Fields as they go on the wire. Nothing of it refers to the dynamic table, so it is the same for every connection and may be made once. */
export interface HeaderBlock {
  readonly bytes: Buffer;
}

/** Why a stream is over. */
export interface StreamEnd {
  /** `done`: both sides have ended it. `reset`: by RST_STREAM of the peer. `own`: by our own reset. `lost`: with its connection. */
  readonly kind: 'done' | 'reset' | 'own' | 'lost';
  readonly code: ErrorCode;
}

/** A stream, from either side. After it is closed every call of it does nothing. */
export interface Http2Stream {
  readonly id: number;
  readonly isClosed: boolean;
  /** Bytes that were written and are not sent yet, since the peer has given no window for them or the socket is full. */
  readonly unsentBytes: number;
  /** Sends `bytes` as DATA, as soon as the peer's windows allow. They are not copied: whoever writes them changes them no more. */
  write(bytes: Buffer): void;
  /** Ends our side after what was written; with `trailers` by a header block. */
  end(trailers?: HeaderBlock): void;
  /** RST_STREAM; what was written and is not sent is dropped. */
  reset(code: ErrorCode): void;
  /** The peer gets no more window for this stream than it has, until `resume`. What it sends within that is told nevertheless. */
  pause(): void;
  /** Gives back the window of what came meanwhile. */
  resume(): void;
}

/** What happens on a stream; told in this order, and nothing after `close`. A throw is INTERNAL_ERROR for the stream. */
export interface StreamHandler {
  /** Part of what the peer sends, in pieces of any size but none; a view on what was read, that nobody else changes. */
  data(chunk: Buffer): void;
  /** The peer has ended its side. */
  end(trailers: HeaderList | undefined): void;
  /** Once and last, whatever has happened; where it is one's own doing, within the call of `end`, `respondOnly` or `reset`. */
  close(end: StreamEnd): void;
  /** All that was written has been handed to the socket; told only after `unsentBytes` was more than 0. */
  drain?(): void;
}

/** A call that a peer makes of a server. */
export interface ServerStream extends Http2Stream {
  readonly connection: ServerConnection;
  readonly headers: HeaderList;
  /** Sends the response's headers; once, before anything is written. */
  respond(headers: HeaderBlock): void;
  /** Sends a response that has no body: its headers end it. Instead of `respond`. */
  respondOnly(headers: HeaderBlock): void;
}

/** Either side of a connection. */
export interface Http2Connection {
  readonly socket: Duplex;
  /** Streams that are not closed. */
  readonly openStreams: number;
  /** When something last came from the peer; in milliseconds, as `performance.now()` has it. */
  readonly lastReadAtMs: number;
  readonly isClosed: boolean;
  /**
   * GOAWAY: the peer opens no more streams (those that it opens nevertheless are refused with REFUSED_STREAM); those that are open go on. The connection
   * ends by itself when the last of them is closed.
   */
  goAway(code?: ErrorCode, debug?: string): void;
  /** GOAWAY with the code, and then the end of the socket: every stream is lost. */
  destroy(code?: ErrorCode, debug?: string): void;
}

export type ServerConnection = Http2Connection;

/** What whoever accepts connections is told of one. */
export interface ServerConnectionHandler {
  /** A call has come: its header list is whole and well-formed (RFC 9113, 8.2 and 8.3). Whoever answers it handles what comes. */
  stream(stream: ServerStream): StreamHandler;
  /** The peer's first SETTINGS have come: it speaks HTTP/2. */
  greeted?(): void;
  /** What one of the handlers threw; its stream was reset with INTERNAL_ERROR. */
  failed?(error: unknown): void;
  /** Once and last; `why` is one line for a log, where the connection ended by an error of the peer or by a limit. */
  close(why: string | undefined): void;
}

/** Serves HTTP/2 on a socket: a plain one, or one of TLS after its handshake. */
export type AcceptConnection = (
  socket: Duplex,
  options: ConnectionOptions,
  handler: ServerConnectionHandler,
) => ServerConnection;

/** What a connection may take, where whoever accepts it wants something else than the default; all other bounds are in `limits.ts`. */
export interface ConnectionOptions {
  /** Streams that the peer may have open at once. Default 256. */
  readonly concurrentStreamsMax?: number;
  /** Bytes that the peer may send on a stream before it is resumed. Default 8 MiB. */
  readonly streamWindowBytes?: number;
  /** Bytes that the peer may send on all streams before any of it is handled. At least 65,535. Default 32 MiB. */
  readonly connectionWindowBytes?: number;
  /** Bytes that streams which are paused may hold together; above that they take from the window of the connection, and so stop the others. Default 32 MiB. */
  readonly heldBytesMax?: number;
  /** Of a header list, unpacked (SETTINGS_MAX_HEADER_LIST_SIZE). Default 256 KiB. */
  readonly headerListBytesMax?: number;
  /** How long what we send may wait for a peer that takes less than 1 KiB of it per second. Default 30,000, in milliseconds. */
  readonly stallMaxMs?: number;
  /** Bytes that we send may wait for a peer so slow; where more do, it gets a second. Default 32 MiB. */
  readonly unsentBytesMax?: number;
}

/** Our side of a call that we make. */
export type ClientStream = Http2Stream;

/** What happens on a call that we make. */
export interface ResponseHandler extends StreamHandler {
  /** The response's headers; 1xx ones are passed over. Where they end the stream, `end` follows. */
  headers(headers: HeaderList): void;
}

export interface ClientConnection extends Http2Connection {
  /** Whether another stream may be opened: the peer has said no goodbye, and allows one more. */
  readonly canRequest: boolean;
  /** Opens a stream. Throws when `canRequest` is false. `isLast`: the request has no body. */
  request(headers: HeaderBlock, handler: ResponseHandler, isLast?: boolean): ClientStream;
  /** Asks the peer for a sign of life; resolves when it has answered, and rejects when the connection ends before. */
  ping(): Promise<void>;
}

/** What whoever connects is told of the connection. */
export interface ClientConnectionHandler {
  /** The peer's SETTINGS have come. */
  greeted?(): void;
  /** `canRequest` may have become true. */
  available?(): void;
  /** No new streams may be opened, since the peer takes none, or the numbers have run out (after 2^30); those after `lastStream` were not looked at: each is closed as `reset` with REFUSED_STREAM. */
  goneAway?(code: ErrorCode, lastStream: number): void;
  /** What one of the handlers threw; its stream was reset with INTERNAL_ERROR. */
  failed?(error: unknown): void;
  /** Once and last; `why` is one line for a log, where the connection ended by an error of the peer or by a limit. */
  close(why: string | undefined): void;
}

/** Speaks HTTP/2 as a client on a socket that is connected. */
export type OpenConnection = (
  socket: Duplex,
  options: ConnectionOptions,
  handler: ClientConnectionHandler,
) => ClientConnection;
