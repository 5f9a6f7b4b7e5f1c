/** The client's side of a connection. */
import type { Duplex } from 'node:stream';
import { Connection } from './connection.ts';
import { protocolFault } from './connection-fault.ts';
import type { Core } from './core.ts';
import { int31Max, preface, settingIds } from './frame-types.ts';
import { createHeaderList, type DecodedHeaderList } from './hpack/header-list.ts';
import { checkResponse, trailersFault } from './malformed.ts';
import type { Opening, Role } from './role.ts';
import { Stream } from './stream.ts';
import {
  type ClientConnection,
  type ClientConnectionHandler,
  type ClientStream,
  type ErrorCode,
  errorCodes,
  type HeaderBlock,
  type HeaderList,
  type OpenConnection,
  type ResponseHandler,
  type StreamEnd,
  type StreamHandler,
} from './types.ts';

/** Speaks HTTP/2 as a client; what `handler` is told comes later than the return. */
export const openConnection: OpenConnection = (socket, options, handler) => {
  const connection = new OwnConnection(socket, options, handler);
  connection.start();
  return connection;
};

class OwnConnection extends Connection implements ClientConnection {
  declare readonly role: ClientRole;

  constructor(socket: Duplex, options: Parameters<OpenConnection>[1], handler: ClientConnectionHandler) {
    super(socket, options, (core) => new ClientRole(core, handler));
  }

  get canRequest(): boolean {
    return this.role.canRequest;
  }

  request(headers: HeaderBlock, handler: ResponseHandler, isLast = false): ClientStream {
    return this.role.request(headers, handler, isLast);
  }

  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = (): void => reject(new Error('the connection is over'));
      if (this.isClosed) over();
      else this.pings.ask((isAnswered) => (isAnswered ? resolve() : over()));
    });
  }
}

/** A stream of ours has no headers of its peer before those that its handler is told of. */
const noHeaders: HeaderList = createHeaderList([], 0);

/** A stream that we have opened. */
class OwnStream extends Stream {
  readonly response: ResponseHandler;
  hasResponse = false;

  constructor(core: Core, id: number, response: ResponseHandler) {
    super(core, id, noHeaders, -1);
    this.response = response;
    this.handler = this.#untilResponse();
  }

  /** Nothing but its headers may begin a response. */
  #untilResponse(): StreamHandler {
    const refuse = (): void => this.reset(errorCodes.PROTOCOL_ERROR);
    return {
      data: refuse,
      end: refuse,
      close: (end: StreamEnd) => this.response.close(end),
      drain: () => this.response.drain?.(),
    };
  }
}

class ClientRole implements Role {
  readonly isServer = false;
  /** The peer opens none: SETTINGS_ENABLE_PUSH says so. */
  readonly lastPeerId = 0;
  readonly #core: Core;
  readonly #handler: ClientConnectionHandler;
  /** Of the stream that is opened next. */
  nextId = 1;
  /** The last stream that the peer looks at, after its GOAWAY. */
  #lastStream = int31Max;
  #peersWhy: string | undefined;

  constructor(core: Core, handler: ClientConnectionHandler) {
    this.#core = core;
    this.#handler = handler;
  }

  get canRequest(): boolean {
    const { isClosed, goodbye, lives, peerSettings } = this.#core;
    return (
      !isClosed && goodbye === 'none' && this.nextId <= int31Max && lives.open.size < peerSettings.concurrentStreamsMax
    );
  }

  request(headers: HeaderBlock, handler: ResponseHandler, isLast: boolean): ClientStream {
    if (!this.canRequest) throw new Error('no stream may be opened on this connection now');
    const core = this.#core;
    const stream = new OwnStream(core, this.nextId, handler);
    this.nextId += 2;
    core.ledger.addCall(0);
    core.lives.open.set(stream.id, stream);
    core.sendHeaders(stream.id, isLast, headers);
    stream.isEnding = isLast;
    stream.isLocalEnded = isLast;
    if (this.nextId > int31Max) this.#runOut(stream.id);
    return stream;
  }

  greet(): void {
    this.#core.outbox.raw(preface);
  }

  settings(): readonly (readonly [id: number, value: number])[] {
    return [[settingIds.ENABLE_PUSH, 0]];
  }

  readPreface(): number {
    return 0;
  }

  isIdle(id: number): boolean {
    return id >= this.nextId || id % 2 === 0;
  }

  open({ id }: Opening): void {
    throw protocolFault(`a header list for stream ${id}, which was not opened`);
  }

  headers(stream: Stream, headers: DecodedHeaderList, isLast: boolean): void {
    if (!(stream instanceof OwnStream)) return;
    if (stream.hasResponse) this.#trailers(stream, headers, isLast);
    else this.#response(stream, headers, isLast);
  }

  peerSettingsChanged(isFirst: boolean): void {
    if (isFirst) this.#handler.greeted?.();
    else this.#tellAvailable();
  }

  goAway(code: ErrorCode, lastStream: number): void {
    const core = this.#core;
    if (lastStream > this.#lastStream) throw protocolFault('a GOAWAY that looks at more streams than the one before');
    if (code !== errorCodes.NO_ERROR) this.#peersWhy = `the peer says goodbye with error ${code}`;
    this.#lastStream = lastStream;
    // Nothing more is opened, and the connection ends with the last stream that the peer answers.
    core.goAway();
    this.#handler.goneAway?.(code, lastStream);
    core.lives.open.forEach((stream) => {
      if (stream.id <= lastStream) return;
      core.lives.closed.add(stream.id, 'own');
      core.lives.close(stream, { kind: 'reset', code: errorCodes.REFUSED_STREAM });
    });
  }

  streamClosed(): void {
    // Only the first that is free again means something new.
    if (this.#core.lives.open.size === this.#core.peerSettings.concurrentStreamsMax - 1) this.#tellAvailable();
  }

  handlerFailed(error: unknown): void {
    this.#handler.failed?.(error);
  }

  closed(why: string | undefined): void {
    this.#handler.close(why ?? this.#peersWhy);
  }

  #response(stream: OwnStream, headers: DecodedHeaderList, isLast: boolean): void {
    const core = this.#core;
    const { fault, bodyBytes } = checkResponse(headers);
    const isInterim = headers.get(':status')?.startsWith('1') === true;
    if (fault !== undefined || (isInterim && isLast)) {
      core.lives.resetFaulty(stream, errorCodes.PROTOCOL_ERROR);
      return;
    }
    if (isInterim) {
      // There may be any number of them, and they mean nothing.
      core.ledger.addIdleFrame();
      return;
    }
    stream.hasResponse = true;
    stream.handler = stream.response;
    stream.bodyLeft = bodyBytes;
    try {
      stream.response.headers(headers);
    } catch (error) {
      core.lives.handlerFailed(stream, error);
    }
    if (isLast) core.lives.endRemote(stream, undefined);
  }

  #trailers(stream: OwnStream, headers: HeaderList, isLast: boolean): void {
    if (!isLast || trailersFault(headers) !== undefined)
      this.#core.lives.resetFaulty(stream, errorCodes.PROTOCOL_ERROR);
    else this.#core.lives.endRemote(stream, headers);
  }

  /** There are no numbers left for streams: whoever wants one opens another connection. */
  #runOut(lastId: number): void {
    this.#core.goAway();
    this.#handler.goneAway?.(errorCodes.NO_ERROR, lastId);
  }

  #tellAvailable(): void {
    if (this.canRequest) this.#handler.available?.();
  }
}
