/** The server's side of the mesh stream: many calls on one stream, answered in any order. */
import { InFlight } from '@sheaf/http2';
import {
  asInferError,
  CallCanceller,
  InferError,
  type Limits,
  type Load,
  type Overrun,
  trustedCaller,
} from '@sheaf/inference';
import { meshCalls } from '../proto.ts';
import { type Answer, tensorBytes } from '../server/answer.ts';
import { byteLimits } from '../server/bytes/byte-room.ts';
import type { BytesInFlight, Hold } from '../server/bytes/bytes-in-flight.ts';
import type { ResponseStream } from '../server/grpc/response-stream.ts';
import { streaming } from '../server/grpc/streaming.ts';
import type { Protocol, ProtocolContext } from '../server/protocol.ts';
import { decodeRequest } from '../wire/codec.ts';
import { type Caller, readCaller } from './caller.ts';
import {
  type ClientFrame,
  goAwayFrame,
  meshVersion,
  type Open,
  type OutFrame,
  overrunFrame,
  replyFrame,
  serverHello,
  statusFrame,
} from './frames.ts';
import { Outbox } from './outbox.ts';
import { readClientFrames } from './read-frames.ts';

/** Bytes of replies that a peer may leave unread before its stream is ended: several of the largest. */
const unreadBytesMax = ({ messageBytesMax }: Limits): number => Math.max(64 * 1024 * 1024, 4 * messageBytesMax);

/** Another process of the service may have room. */
const overloaded = (): InferError =>
  InferError.withoutStack('UNAVAILABLE', 'the messages that are in flight leave no room for this one now', {
    reason: 'OVERLOADED',
    decision: 'bytes-in-flight',
    progress: 'not-begun',
    retryAfterMs: 50,
  });

export interface MeshServerOptions {
  /** Whether only processes of the mesh open streams. Others are not believed on whose behalf they ask, nor how much it matters. */
  readonly isAmongOurselves: boolean;
}

/** The mesh stream, which the servers of services speak: never a public one. */
export const meshStream =
  (options: MeshServerOptions): Protocol =>
  (context) => {
    const streams = new Set<MeshStream>();
    const calls = streaming(
      meshCalls,
      (_call, responses) => {
        const open = new MeshStream(responses, options, context);
        streams.add(open);
        return {
          message: (message) => open.receive(message),
          end: () => open.leave(),
          close: () => {
            streams.delete(open);
            open.abandon();
          },
        };
      },
      { areLarge: true },
    );
    return {
      methods: [calls],
      goAway: () => {
        for (const stream of streams) stream.goAway();
      },
      tellOverrun: (overrun) => {
        for (const stream of streams) stream.tellOverrun(overrun);
      },
    };
  };

class MeshStream {
  readonly #responses: ResponseStream<Buffer>;
  readonly #limits: Limits;
  readonly #bytes: BytesInFlight;
  readonly #callerOf: (open: Open) => Caller;
  readonly #answer: Answer;
  readonly #onKept: (traceId: string) => void;
  readonly #calls = new InFlight<CallCanceller>();
  /** Of replies that have not left. */
  readonly #unsent = new InFlight<Hold>();
  #lastCall = 0;
  readonly #outbox: Outbox;
  #greeted = false;
  #leaving = false;
  #ended = false;

  constructor(
    responses: ResponseStream<Buffer>,
    { isAmongOurselves }: MeshServerOptions,
    { limits, bytes, answer, onKept }: ProtocolContext,
  ) {
    this.#responses = responses;
    this.#limits = limits;
    this.#bytes = bytes;
    this.#callerOf = isAmongOurselves ? readCaller : () => ({ principal: trustedCaller });
    this.#answer = answer;
    this.#onKept = isAmongOurselves ? onKept : () => {};
    this.#outbox = new Outbox(
      (message, done) => responses.write(message, done),
      () => this.#calls.size > 1,
    );
  }

  tellOverrun(overrun: Overrun): void {
    if (this.#greeted && !this.#ended) this.#outbox.add(overrunFrame(overrun));
  }

  goAway(): void {
    if (!this.#ended) this.#outbox.add(goAwayFrame(this.#lastCall));
    this.leave();
  }

  receive(message: Buffer): void {
    if (this.#ended) return;
    try {
      for (const frame of readClientFrames(message)) if (!this.#ended) this.#take(frame);
    } catch (error) {
      this.#fail(asInferError(error));
    }
  }

  #take(frame: ClientFrame): void {
    if (frame.kind === 'hello') this.#greet(frame.version);
    else if (!this.#greeted) this.#refuse('want a hello first');
    else if (frame.kind === 'cancel') this.#calls.get(frame.call)?.abort();
    else if (frame.kind === 'kept') this.#onKept(frame.traceId);
    else void this.#open(frame.open, this.#callerOf(frame.open));
  }

  /** The newest version that both know. */
  #greet(version: number): void {
    if (this.#greeted) this.#refuse('want one hello');
    else if (version < 1) this.#refuse(`want version 1 or newer, got ${version}`);
    else {
      this.#greeted = true;
      const { concurrentCallsMax, messageBytesMax } = this.#limits;
      this.#outbox.add(
        serverHello({
          version: Math.min(version, meshVersion),
          callsMax: concurrentCallsMax,
          bytesMax: messageBytesMax,
        }),
      );
    }
  }

  async #open(
    { call, timeoutUs, traceparent, tracestate, baggage, request, epoch, gateway, isolated }: Open,
    caller: Caller,
  ): Promise<void> {
    // After a GoAway the peer opens its calls elsewhere; those it does not know of yet are told by the GoAway itself.
    if (this.#leaving) return;
    if (call <= this.#lastCall) return this.#refuse(`want call numbers that grow, got ${call} after ${this.#lastCall}`);
    this.#lastCall = call;
    const signal = new CallCanceller();
    let load: Load | undefined;
    let reply: OutFrame;
    // A gateway has let it in: among those calls all are alike, and none waits, or one that another call waits for might wait for that one.
    const hold = this.#bytes.open(undefined);
    try {
      this.#checkRoom();
      this.#calls.set(call, signal);
      if (!hold.takeMessage(request.length)) throw overloaded();
      const outcome = await this.#answer(() => decodeRequest(request, this.#limits), {
        givenMs: timeoutUs / 1000,
        header: (name) => {
          if (name === 'traceparent') return traceparent;
          if (name === 'tracestate') return tracestate;
          return name === 'baggage' ? baggage : undefined;
        },
        signal,
        snapshot: epoch > 0 ? { epoch, gateway } : undefined,
        from: { admitted: caller },
        isolated,
        bytes: hold,
        onLoad: (told) => (load = told),
      });
      hold.settle(byteLimits.copies * tensorBytes(outcome.response.outputs));
      reply = { ...replyFrame(call, outcome, load), onSent: () => this.#letGo(call) };
    } catch (thrown) {
      hold.release();
      reply = statusFrame(call, asInferError(thrown), load);
    }
    this.#calls.delete(call);
    if (this.#ended) return hold.release();
    if (reply.onSent) this.#unsent.set(call, hold);
    this.#outbox.add(reply);
    if (this.#outbox.unsentBytes > unreadBytesMax(this.#limits))
      this.#fail(new InferError('RESOURCE_EXHAUSTED', 'replies are not read', { reason: 'PEER_NOT_READING' }));
    else if (this.#leaving && this.#calls.size === 0) this.#end();
  }

  /** Twice as many as its peer was told: some that it has cancelled may not have ended yet. Finding one takes longer the more there are. */
  #checkRoom(): void {
    const { concurrentCallsMax } = this.#limits;
    if (this.#calls.size < 2 * concurrentCallsMax) return;
    const message = `want at most ${concurrentCallsMax} calls at once`;
    throw InferError.withoutStack('UNAVAILABLE', message, {
      reason: 'OVERLOADED',
      progress: 'not-begun',
      retryAfterMs: 50,
    });
  }

  #letGo(call: number): void {
    this.#unsent.get(call)?.release();
    this.#unsent.delete(call);
  }

  #refuse(message: string): void {
    this.#fail(new InferError('INVALID_ARGUMENT', message, { reason: 'MESH_PROTOCOL' }));
  }

  #fail(error: InferError): void {
    this.abandon();
    this.#responses.fail(error);
  }

  /** Its peer opens no more calls. */
  leave(): void {
    this.#leaving = true;
    if (this.#calls.size === 0) this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#outbox.flush();
    this.#responses.end();
  }

  /** Nobody is there any more to read an answer. */
  abandon(): void {
    this.#ended = true;
    this.#unsent.forEach((hold, call) => {
      this.#unsent.delete(call);
      hold.release();
    });
    this.#calls.forEach((signal, call) => {
      this.#calls.delete(call);
      signal.abort();
    });
  }
}
