/** The server's side of a connection. */
import type { Duplex } from 'node:stream';
import { Connection } from './connection.ts';
import { protocolFault } from './connection-fault.ts';
import type { Core } from './core.ts';
import { preface, settingIds } from './frame-types.ts';
import { checkRequest, trailersFault } from './malformed.ts';
import type { Opening, Role } from './role.ts';
import { Stream } from './stream.ts';
import {
  type AcceptConnection,
  type ErrorCode,
  errorCodes,
  type HeaderList,
  type ServerConnectionHandler,
} from './types.ts';

export const acceptConnection: AcceptConnection = (socket: Duplex, options, handler) => {
  const connection = new Connection(socket, options, (core) => new ServerRole(core, handler));
  connection.start();
  return connection;
};

export class ServerRole implements Role {
  readonly isServer = true;
  lastPeerId = 0;
  /** The highest number that the peer has used, also for a stream that was not looked at. */
  #lastSeenId = 0;
  readonly #core: Core;
  readonly #handler: ServerConnectionHandler;
  #prefaceRead = 0;
  /** The reason of a GOAWAY with which the peer told of an error. */
  #peersWhy: string | undefined;

  constructor(core: Core, handler: ServerConnectionHandler) {
    this.#core = core;
    this.#handler = handler;
  }

  greet(): void {}

  settings(): readonly (readonly [id: number, value: number])[] {
    return [[settingIds.MAX_CONCURRENT_STREAMS, this.#core.options.concurrentStreamsMax]];
  }

  readPreface(chunk: Buffer): number {
    if (this.#prefaceRead === preface.length) return 0;
    const wanted = Math.min(preface.length - this.#prefaceRead, chunk.length);
    if (chunk.compare(preface, this.#prefaceRead, this.#prefaceRead + wanted, 0, wanted) !== 0)
      throw protocolFault('want the preface of HTTP/2, got something else');
    this.#prefaceRead += wanted;
    return this.#prefaceRead === preface.length ? wanted : -1;
  }

  isIdle(id: number): boolean {
    return id > this.#lastSeenId || id % 2 === 0;
  }

  open({ id, isLast, headers, isSelfDependent, bytes }: Opening): void {
    const core = this.#core;
    if (id % 2 === 0) throw protocolFault(`stream ${id} is opened, which is not the client's`);
    core.lives.closed.skip(this.#lastSeenId, id);
    this.#lastSeenId = id;
    if (core.goodbye === 'left') {
      // Not looked at: `lastPeerId` says so.
      core.lives.resetUnopened(id, errorCodes.REFUSED_STREAM);
      core.ledger.addIdleFrame();
      return;
    }
    this.lastPeerId = id;
    if (core.lives.open.size >= core.options.concurrentStreamsMax) {
      core.lives.resetUnopened(id, errorCodes.REFUSED_STREAM);
      core.ledger.addRefusal();
      return;
    }
    const verdict = headers && checkRequest(headers);
    if (headers === undefined || verdict === undefined) {
      this.#resetMalformed(id, errorCodes.ENHANCE_YOUR_CALM);
      return;
    }
    if (isSelfDependent || verdict.fault !== undefined) {
      this.#resetMalformed(id, errorCodes.PROTOCOL_ERROR);
      return;
    }
    core.ledger.addCall(bytes);
    const stream = new Stream(core, id, headers, verdict.bodyBytes);
    core.lives.open.set(stream.id, stream);
    this.#tell(stream);
    if (isLast) core.lives.endRemote(stream, undefined);
  }

  headers(stream: Stream, headers: HeaderList, isLast: boolean): void {
    if (!isLast || trailersFault(headers) !== undefined) {
      this.#core.lives.resetFaulty(stream, errorCodes.PROTOCOL_ERROR);
      return;
    }
    this.#core.lives.endRemote(stream, headers);
  }

  peerSettingsChanged(isFirst: boolean): void {
    if (isFirst) this.#handler.greeted?.();
  }

  goAway(code: ErrorCode): void {
    if (code !== errorCodes.NO_ERROR) this.#peersWhy = `the peer says goodbye with error ${code}`;
  }

  streamClosed(): void {}

  handlerFailed(error: unknown): void {
    this.#handler.failed?.(error);
  }

  closed(why: string | undefined): void {
    this.#handler.close(why ?? this.#peersWhy);
  }

  #tell(stream: Stream): void {
    try {
      const handler = this.#handler.stream(stream);
      stream.handler = handler;
      // It may have ended before anybody could be told.
      if (stream.ended) handler.close(stream.ended);
    } catch (error) {
      this.#core.lives.handlerFailed(stream, error);
    }
  }

  #resetMalformed(id: number, code: ErrorCode): void {
    this.#core.lives.resetUnopened(id, code);
    this.#core.ledger.addReset();
  }
}
