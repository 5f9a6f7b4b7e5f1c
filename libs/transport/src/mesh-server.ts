/** The server's side of the mesh stream: many calls on one stream, answered in any order. */
import type * as grpc from '@grpc/grpc-js';
import { asInferError, InferError, type Limits } from '@sheaf/inference';
import type { Answer } from './answer.ts';
import type { ClientFrame__Output } from './generated/sheaf/mesh/v1/ClientFrame.ts';
import type { MeshHandlers } from './generated/sheaf/mesh/v1/Mesh.ts';
import type { Open__Output } from './generated/sheaf/mesh/v1/Open.ts';
import type { ServerFrame } from './generated/sheaf/mesh/v1/ServerFrame.ts';
import { toRpcStatus, toStatus } from './status.ts';

export const meshVersion = 1;

/** Bytes of replies that a peer may leave unread before its stream is ended. */
const unreadBytesMax = 64 * 1024 * 1024;

type Stream = grpc.ServerDuplexStream<ClientFrame__Output, ServerFrame>;

export interface MeshServer {
  readonly handlers: MeshHandlers;
  /** Every open stream is told that it gets no more calls, and ends when its last one is answered. */
  goAway(): void;
}

export function createMeshServer(limits: Limits, answer: Answer): MeshServer {
  const streams = new Set<MeshStream>();
  return {
    handlers: {
      Calls: (stream) => {
        const open = new MeshStream(stream, limits, answer);
        streams.add(open);
        stream.once('close', () => streams.delete(open));
        stream.once('cancelled', () => streams.delete(open));
      },
    },
    goAway: () => {
      for (const stream of streams) stream.goAway();
    },
  };
}

class MeshStream {
  readonly #stream: Stream;
  readonly #limits: Limits;
  readonly #answer: Answer;
  readonly #calls = new Map<number, AbortController>();
  #lastCall = 0;
  #unreadBytes = 0;
  #greeted = false;
  #leaving = false;
  #ended = false;

  constructor(stream: Stream, limits: Limits, answer: Answer) {
    this.#stream = stream;
    this.#limits = limits;
    this.#answer = answer;
    stream.on('data', (frame: ClientFrame__Output) => this.#receive(frame));
    stream.on('end', () => this.#leave());
    stream.on('cancelled', () => this.#abandon());
    stream.on('error', () => this.#abandon());
  }

  goAway(): void {
    this.#send({ goAway: { lastCall: this.#lastCall } });
    this.#leave();
  }

  #receive({ hello, open, cancel }: ClientFrame__Output): void {
    if (this.#ended) return;
    if (hello) this.#greet(hello.version);
    else if (!this.#greeted) this.#refuse('want a hello first');
    else if (cancel) this.#calls.get(cancel.call)?.abort();
    else if (open?.request) void this.#open(open);
    else this.#refuse('want a hello, an open with a request, or a cancel');
  }

  /** The newest version that both know; today there is one. */
  #greet(version: number): void {
    if (this.#greeted) this.#refuse('want one hello');
    else if (version < 1) this.#refuse(`want version 1 or newer, got ${version}`);
    else {
      this.#greeted = true;
      const { concurrentCallsMax, messageBytesMax } = this.#limits;
      this.#send({ hello: { version: meshVersion, callsMax: concurrentCallsMax, bytesMax: messageBytesMax } });
    }
  }

  async #open({ call, timeoutUs, traceparent, request }: Open__Output): Promise<void> {
    // After a GoAway the peer opens its calls elsewhere; those it does not know of yet are told by the GoAway itself.
    if (this.#leaving || !request) return;
    if (call === 0 || call <= this.#lastCall)
      return this.#refuse(`want call numbers that grow, got ${call} after ${this.#lastCall}`);
    this.#lastCall = call;
    const controller = new AbortController();
    this.#calls.set(call, controller);
    try {
      const { signal } = controller;
      const response = await this.#answer(request, { givenMs: Number(timeoutUs) / 1000, traceparent, signal });
      this.#send({ reply: { call, final: true, response } }, bytesOf(response.rawOutputContents));
    } catch (thrown) {
      const error = asInferError(thrown);
      const pushback = error.retryAfterMs === undefined ? {} : { pushbackMs: error.retryAfterMs };
      this.#send({ reply: { call, final: true, status: toRpcStatus(error), ...pushback } });
    }
    this.#calls.delete(call);
    if (this.#leaving && this.#calls.size === 0) this.#end();
  }

  #send(frame: ServerFrame, bytes = 0): void {
    if (this.#ended) return;
    this.#unreadBytes += bytes;
    if (this.#unreadBytes > unreadBytesMax) {
      this.#fail(new InferError('RESOURCE_EXHAUSTED', 'replies are not read', { reason: 'PEER_NOT_READING' }));
      return;
    }
    this.#stream.write(frame, () => {
      this.#unreadBytes -= bytes;
    });
  }

  #refuse(message: string): void {
    this.#fail(new InferError('INVALID_ARGUMENT', message, { reason: 'MESH_PROTOCOL' }));
  }

  #fail(error: InferError): void {
    const { code, details, metadata } = toStatus(error);
    this.#abandon();
    this.#stream.emit('error', { code, details, metadata });
  }

  #leave(): void {
    this.#leaving = true;
    if (this.#calls.size === 0) this.#end();
  }

  #end(): void {
    if (!this.#ended) this.#stream.end();
    this.#ended = true;
  }

  /** Nobody is there any more to read an answer. */
  #abandon(): void {
    this.#ended = true;
    for (const controller of this.#calls.values()) controller.abort();
    this.#calls.clear();
  }
}

const bytesOf = (parts: readonly (Uint8Array | string)[] | undefined): number =>
  (parts ?? []).reduce((total, part) => total + part.length, 0);
