/** Lets streams live and end, and tells their handlers. An error that a handler throws ends its stream and nothing else. */
import { ClosedStreams } from './closed-streams.ts';
import { InFlight } from './in-flight.ts';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import type { Receiver } from './receiver.ts';
import type { Sender } from './sender.ts';
import type { Stream } from './stream.ts';
import { type ErrorCode, errorCodes, type HeaderList, type StreamEnd } from './types.ts';

/** The view of a connection that its streams need. */
export interface StreamLivesOwner {
  readonly outbox: Outbox;
  readonly ledger: Ledger;
  readonly sender: Sender;
  readonly receiver: Receiver;
  /** A handler threw. */
  handlerFailed(error: unknown): void;
  /** There is one stream less. */
  streamClosed(): void;
}

const done: StreamEnd = { kind: 'done', code: errorCodes.NO_ERROR };

export class StreamLives {
  readonly open = new InFlight<Stream>();
  readonly closed = new ClosedStreams();
  readonly #owner: StreamLivesOwner;

  constructor(owner: StreamLivesOwner) {
    this.#owner = owner;
  }

  /** Part of a message has come. */
  tellData(stream: Stream, part: Buffer): void {
    try {
      stream.handler.data(part);
    } catch (error) {
      this.handlerFailed(stream, error);
    }
  }

  /** All that waited is sent. */
  tellDrain(stream: Stream): void {
    try {
      stream.handler.drain?.();
    } catch (error) {
      this.handlerFailed(stream, error);
    }
  }

  /** The peer's side has ended, by trailers where there are some. */
  endRemote(stream: Stream, trailers: HeaderList | undefined): void {
    if (stream.ended !== undefined) return;
    stream.isRemoteEnded = true;
    if (stream.bodyLeft > 0) {
      this.resetFaulty(stream, errorCodes.PROTOCOL_ERROR);
      return;
    }
    try {
      stream.handler.end(trailers);
    } catch (error) {
      this.handlerFailed(stream, error);
    }
    if (stream.isLocalEnded) this.close(stream, done);
  }

  /** Our side is over, with all that was written. */
  endLocal(stream: Stream): void {
    stream.isLocalEnded = true;
    if (stream.isRemoteEnded) this.close(stream, done);
  }

  /** A handler of it threw. */
  handlerFailed(stream: Stream, error: unknown): void {
    this.#owner.handlerFailed(error);
    if (stream.ended === undefined) this.reset(stream, errorCodes.INTERNAL_ERROR);
  }

  /** Resets a stream for whoever uses it. */
  reset(stream: Stream, code: ErrorCode): void {
    this.#owner.outbox.reset(stream.id, code);
    this.closed.add(stream.id, 'own');
    this.close(stream, { kind: 'own', code });
  }

  /** Resets a stream for an error of the peer; throws where there are too many of these. */
  resetFaulty(stream: Stream, code: ErrorCode): void {
    this.reset(stream, code);
    this.#owner.ledger.addReset();
  }

  /** A stream of the peer's that never came to be. */
  resetUnopened(id: number, code: ErrorCode): void {
    this.#owner.outbox.reset(id, code);
    this.closed.add(id, 'own');
  }

  /** The peer has reset it. */
  resetByPeer(stream: Stream, code: ErrorCode): void {
    this.closed.add(stream.id, 'peer');
    this.close(stream, { kind: 'reset', code });
  }

  /** The connection is over. */
  loseAll(code: ErrorCode): void {
    this.open.forEach((stream) => {
      this.close(stream, { kind: 'lost', code });
    });
  }

  /** It is over, however that came. */
  close(stream: Stream, end: StreamEnd): void {
    if (stream.ended !== undefined) return;
    stream.ended = end;
    this.open.delete(stream.id);
    if (stream.unsentBytes > 0) this.#owner.sender.forget(stream);
    if (stream.held > 0) this.#owner.receiver.release(stream);
    try {
      stream.handler.close(end);
    } catch (error) {
      this.#owner.handlerFailed(error);
    }
    this.#owner.streamClosed();
  }
}
