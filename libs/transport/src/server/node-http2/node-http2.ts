/** HTTP/2 by node:http2, behind the interface of our own: `server: node-http2` in mesh.yaml. */
import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import type {
  AcceptConnection,
  ConnectionOptions,
  ErrorCode,
  Field,
  HeaderBlock,
  HeaderList,
  ServerConnection,
  ServerConnectionHandler,
  ServerStream,
  StreamHandler,
} from '@sheaf/http2';
import { monotonicClock } from '@sheaf/inference';
import { fieldsOf } from '../grpc/header-fields.ts';
import { ConnectionLedger } from './connection-ledger.ts';

/** Bytes that a connection may send before it waits for us; those of each stream are fewer where there is little memory. */
const receiveWindowBytes = 8 * 1024 * 1024;
/** Of a header list, unpacked. nghttp2 itself takes 64 KiB of one value and nine frames of 16 KiB for one list, and closes the connection at more. */
const headerListBytesMax = 256 * 1024;
/** How often what a connection costs is judged. */
const judgeIntervalMs = 100;
/** The last stream of a connection that may still get one. */
const streamIdMax = 2 ** 31 - 1;
/** Between the two GOAWAYs of a graceful end: calls that were on their way come in. */
const lingerMs = 1_000;
/** Bytes of a call's headers that are not taken for frames that do no work. */
const headerAllowanceBytes = 16 * 1024;

const defaults = { concurrentStreamsMax: 256, streamWindowBytes: receiveWindowBytes };

export const acceptNodeHttp2: AcceptConnection = (socket, options, handler) => {
  const session = performServerHandshake(socket, {
    // What waits to be sent counts: while it is more than this, a connection gets no new calls.
    maxSessionMemory: 1024,
    // Else a value with white space around it is dropped, and the call goes on as if nobody had sent it.
    strictFieldWhitespaceValidation: false,
    settings: {
      maxConcurrentStreams: options.concurrentStreamsMax ?? defaults.concurrentStreamsMax,
      maxHeaderListSize: options.headerListBytesMax ?? headerListBytesMax,
      initialWindowSize: options.streamWindowBytes ?? defaults.streamWindowBytes,
    },
  });
  return new NodeConnection(session, socket, options, handler);
};

class NodeConnection implements ServerConnection {
  readonly socket: Duplex;
  readonly #session: ServerHttp2Session;
  readonly #ledger: ConnectionLedger;
  readonly streams = new Set<NodeStream>();
  #why: string | undefined;

  constructor(
    session: ServerHttp2Session,
    socket: Duplex,
    options: ConnectionOptions,
    handler: ServerConnectionHandler,
  ) {
    this.socket = socket;
    this.#session = session;
    const { stallMaxMs, unsentBytesMax } = options;
    this.#ledger = new ConnectionLedger(stallMaxMs ?? 30_000, monotonicClock.now(), unsentBytesMax);
    session.setLocalWindowSize(options.connectionWindowBytes ?? receiveWindowBytes);
    session.on('stream', (stream, _headers, _flags, list) => {
      this.#ledger.addCall(headerAllowanceBytes, monotonicClock.now());
      this.#open(stream, list as unknown as readonly string[], handler);
    });
    session.once('remoteSettings', () => handler.greeted?.());
    session.on('remoteSettings', () => {
      if (this.#ledger.addSettings(monotonicClock.now())) this.#calm('SETTINGS');
    });
    session.on('ping', () => {
      if (this.#ledger.addPing(monotonicClock.now())) this.#calm('PING');
    });
    session.on('error', (error: NodeJS.ErrnoException) => {
      this.#why ??= error.code ?? error.message;
    });
    const timer = setInterval(() => this.#judge(), judgeIntervalMs).unref();
    session.once('close', () => {
      clearInterval(timer);
      handler.close(this.#why);
    });
  }

  get openStreams(): number {
    return this.streams.size;
  }

  get isClosed(): boolean {
    return this.#session.destroyed;
  }

  get lastReadAtMs(): number {
    return performance.now();
  }

  addMessage(bytes: number): void {
    this.#ledger.addMessage(bytes);
  }

  goAway(): void {
    if (this.#session.destroyed || this.#session.closed) return;
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, streamIdMax);
    setTimeout(() => {
      if (!this.#session.destroyed) this.#session.close();
    }, lingerMs).unref();
  }

  destroy(code: ErrorCode = 0): void {
    // Null, since nothing went wrong here.
    if (!this.#session.destroyed) this.#session.destroy(null as unknown as Error, code);
  }

  #open(stream: ServerHttp2Stream, list: readonly string[], handler: ServerConnectionHandler): void {
    stream.on('error', () => {});
    // It was reset, or lost its connection, in the same packet that it came in.
    if (stream.destroyed || stream.closed) return;
    const headers = new NodeHeaders(list);
    if (headers.isMalformed) {
      stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
      return;
    }
    const own = new NodeStream(stream, this, headers);
    this.streams.add(own);
    own.start(handler.stream(own));
  }

  #judge(): void {
    let [unsent, unread] = [0, 0];
    for (const stream of this.streams) {
      unsent += stream.unsentBytes;
      unread += stream.heldBytes;
    }
    const { bytesRead: read = 0, bytesWritten: written = 0 } = this.socket as {
      bytesRead?: number;
      bytesWritten?: number;
    };
    const excess = this.#ledger.judge({ read, unread, written, unsent }, monotonicClock.now());
    if (excess) this.#calm(excess);
  }

  #calm(why: string): void {
    this.#why ??= why;
    this.destroy(constants.NGHTTP2_ENHANCE_YOUR_CALM as ErrorCode);
  }
}

/** Names and values in turn, as they came. */
class NodeHeaders implements HeaderList {
  readonly fields: readonly Field[];
  readonly size: number;
  readonly #values = new Map<string, string>();

  constructor(list: readonly string[]) {
    this.fields = Array.from(
      { length: list.length / 2 },
      (_, at): Field => [list[2 * at] ?? '', list[2 * at + 1] ?? ''],
    );
    let size = 0;
    for (const [name, value] of this.fields) {
      size += name.length + value.length + 32;
      const known = this.#values.get(name);
      this.#values.set(name, known === undefined ? value : `${known}, ${value}`);
    }
    this.size = size;
  }

  /** White space around a value (RFC 9113, 8.2.1). Names in upper case are reset by nghttp2; what else is forbidden, Node drops before anybody sees it. */
  get isMalformed(): boolean {
    return this.fields.some(([, value]) => isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1)));
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;

const objectOf = (block: HeaderBlock): IncomingHttpHeaders =>
  Object.fromEntries(
    fieldsOf(block).map(([name, value]) => [name, name === ':status' ? Number(value) : value]),
  ) as IncomingHttpHeaders;

class NodeStream implements ServerStream {
  readonly connection: NodeConnection;
  readonly headers: HeaderList;
  readonly #stream: ServerHttp2Stream;
  #isPaused = false;
  #isOwnReset = false;
  #drain: (() => void) | undefined;

  constructor(stream: ServerHttp2Stream, connection: NodeConnection, headers: HeaderList) {
    this.#stream = stream;
    this.connection = connection;
    this.headers = headers;
  }

  start(handler: StreamHandler): void {
    const stream = this.#stream;
    this.#drain = () => handler.drain?.();
    stream.on('data', (chunk: Buffer) => {
      this.connection.addMessage(chunk.length);
      handler.data(chunk);
    });
    // A stream that is reset ends as well, and is closed by then.
    stream.on('end', () => {
      if (!stream.closed) handler.end(undefined);
    });
    stream.on('close', () => {
      this.connection.streams.delete(this);
      const code = (stream.rstCode ?? 0) as ErrorCode;
      handler.close({ kind: this.#isOwnReset ? 'own' : code === 0 ? 'done' : 'reset', code });
    });
    if (this.#isPaused) stream.pause();
  }

  get id(): number {
    return this.#stream.id ?? 0;
  }

  get isClosed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  get unsentBytes(): number {
    return this.#stream.writableLength;
  }

  /** Bytes that have come and are not told, since the stream is paused. */
  get heldBytes(): number {
    return this.#stream.readableLength;
  }

  respond(headers: HeaderBlock): void {
    if (!this.isClosed) this.#stream.respond(objectOf(headers), { waitForTrailers: true });
  }

  respondOnly(headers: HeaderBlock): void {
    if (!this.isClosed) this.#stream.respond(objectOf(headers), { endStream: true });
  }

  write(bytes: Buffer): void {
    if (this.isClosed) return;
    this.#stream.write(bytes, () => {
      if (this.#stream.writableLength === 0) this.#drain?.();
    });
  }

  end(trailers?: HeaderBlock): void {
    if (this.isClosed) return;
    this.#stream.once('wantTrailers', () => {
      if (trailers) this.#stream.sendTrailers(objectOf(trailers));
      else this.#stream.close();
    });
    this.#stream.end();
  }

  reset(code: ErrorCode): void {
    this.#isOwnReset = true;
    if (!this.isClosed) this.#stream.close(code);
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream.resume();
  }
}
