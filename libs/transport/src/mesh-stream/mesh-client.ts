/** The client's side of the mesh stream: one stream, replaced whenever it dies. */
import { type Field, InFlight } from '@sheaf/http2';
import {
  abortReason,
  type CallContext,
  formatTraceparent,
  InferError,
  type InferRequest,
  type Load,
  type OnKept,
  type Overrun,
  remainingMs,
} from '@sheaf/inference';
import type { Call, CallHandler } from '../client/call.ts';
import { failureOf } from '../client/call-status.ts';
import { type Channel, type ChannelOptions, createChannel } from '../client/channel.ts';
import { meshPath } from '../proto.ts';
import { fromRpcStatus, fromStatus } from '../status.ts';
import { status } from '../status-codes.ts';
import { writtenCaller } from './caller.ts';
import { cancelFrame, clientHello, keptFrame, openFrame, type Reply, type ServerFrame } from './frames.ts';
import { Outbox } from './outbox.ts';
import { readServerFrames } from './read-frames.ts';

/** A peer that accepts the connection and says nothing is given up after this. */
const helloLimitMs = 5_000;
/** Call numbers are uint32; a stream that has used so many is replaced. */
const callNumberMax = 2 ** 32 - 1;

/** Called with how busy the model is that was asked, before the answer, also when that is an error. */
type OnLoad = (load: Load) => void;

/** Called for a run that the peer ends for. */
type OnOverrun = (overrun: Overrun) => void;

interface PendingCall {
  readonly resolve: (response: Buffer) => void;
  readonly reject: (error: InferError) => void;
  readonly onLoad: OnLoad;
}

export interface MeshConnectionOptions extends ChannelOptions {
  /** Names the peer in errors. */
  readonly service: string;
  /** What goes with each stream. */
  readonly metadata: () => readonly Field[];
  /** Of a message of the stream, with all its frames. */
  readonly messageBytesMax: number;
  readonly onOverrun?: OnOverrun | undefined;
  /** Traces that the peer is told of, while there is a stream to it. */
  readonly onKept?: OnKept | undefined;
}

export class MeshConnection {
  readonly #channel: Channel;
  readonly #options: MeshConnectionOptions;
  #session: Session | undefined;
  readonly #endKept: (() => void) | undefined;

  constructor(options: MeshConnectionOptions) {
    this.#options = options;
    this.#endKept = options.onKept?.((traceId) => this.#session?.tellKept(traceId));
    this.#channel = createChannel(options);
  }

  /** Answers a ModelInferResponse. */
  async call(request: InferRequest, context: CallContext, onLoad: OnLoad): Promise<Buffer> {
    const session = this.#open();
    await within(session.ready, context, this.#options.service);
    return session.call(request, context, onLoad);
  }

  close(): void {
    this.#endKept?.();
    this.#session?.end();
    this.#channel.close();
  }

  #open(): Session {
    if (this.#session?.isOpen) return this.#session;
    const { metadata, messageBytesMax } = this.#options;
    const options = { path: meshPath, metadata: metadata(), messageBytesMax };
    const session = new Session(
      (handler) => this.#channel.start(options, handler),
      this.#options,
      () => this.#channel.renew(),
    );
    this.#session = session;
    return session;
  }
}

/** One life of the stream. */
class Session {
  readonly #stream: Call;
  readonly #service: string;
  readonly #outbox: Outbox;
  readonly #calls = new InFlight<PendingCall>();
  readonly #waiting: (() => void)[] = [];
  #lastCall = 0;
  #callsMax = 1;
  #version = 1;
  #state: 'opening' | 'open' | 'leaving' | 'ended' = 'opening';
  /** Resolves when calls may be opened; rejects when the stream never came up. */
  readonly ready: Promise<void>;

  constructor(
    start: (handler: CallHandler) => Call,
    { service, onOverrun = () => {} }: MeshConnectionOptions,
    onSilent: () => void,
  ) {
    this.#service = service;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    promise.catch(() => {});
    const fail = (error: InferError): void => {
      clearTimeout(timer);
      reject(error);
      this.#fail(error);
    };
    const take = (frame: ServerFrame): void => {
      if (frame.kind === 'hello') {
        clearTimeout(timer);
        this.#callsMax = frame.hello.callsMax;
        this.#version = frame.hello.version;
        if (this.#state === 'opening') this.#state = 'open';
        resolve();
      } else if (frame.kind === 'reply') this.#receive(frame.reply);
      else if (frame.kind === 'overrun') onOverrun(frame.overrun);
      else this.#goAway(frame.lastCall);
    };
    const stream = start({
      message: (message) => {
        try {
          for (const frame of readServerFrames(message)) take(frame);
        } catch {
          // What speaks otherwise is not the service.
          fail(unreachable(service));
          stream.cancel();
        }
      },
      end: (ending) => fail(ending.code === status.OK ? unreachable(service) : fromStatus(failureOf(ending), service)),
    });
    const timer = setTimeout(() => {
      fail(unreachable(service));
      stream.cancel();
      onSilent();
    }, helloLimitMs);
    this.#stream = stream;
    this.#outbox = new Outbox(
      (message, done) => {
        stream.send(message);
        done();
      },
      () => this.#calls.size > 1,
    );
    this.#outbox.add(clientHello);
    this.#outbox.flush();
  }

  get isOpen(): boolean {
    return (this.#state === 'opening' || this.#state === 'open') && this.#lastCall < callNumberMax;
  }

  async call(request: InferRequest, context: CallContext, onLoad: OnLoad): Promise<Buffer> {
    const { signal, span } = context;
    while (this.#calls.size >= this.#callsMax) {
      await within(new Promise<void>((resolve) => this.#waiting.push(resolve)), context, this.#service);
    }
    if (signal.aborted) throw abortReason(signal);
    if (this.#state !== 'open') throw unreachable(this.#service);
    const call = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      const leave = (error: InferError): void => {
        if (!this.#calls.get(call)) return;
        this.#outbox.add(cancelFrame(call));
        settle();
        reject(error);
      };
      const onAbort = (): void => leave(abortReason(signal));
      const timer = setTimeout(() => leave(noAnswer(this.#service)), Math.max(0, remainingMs(context)));
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#calls.delete(call);
        this.#waiting.shift()?.();
        if (this.#state === 'leaving' && this.#calls.size === 0) this.end();
      };
      this.#calls.set(call, {
        resolve: (response) => {
          settle();
          resolve(response);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        onLoad,
      });
      signal.addEventListener('abort', onAbort, { once: true });
      const timeoutUs = Math.max(1, Math.floor(remainingMs(context) * 1000));
      const { isolated = false, snapshot, baggage = '' } = context;
      const { epoch, gateway = 0 } = snapshot;
      const trace = { traceparent: formatTraceparent(span), tracestate: span.state ?? '', baggage };
      const open = { call, timeoutUs, ...trace, epoch, gateway, isolated };
      this.#outbox.add(openFrame({ ...open, ...writtenCaller(context) }, request));
    });
  }

  tellKept(traceId: string): void {
    if (this.#state === 'open' && this.#version >= 2) this.#outbox.add(keptFrame(traceId));
  }

  end(): void {
    this.#state = 'ended';
    this.#outbox.flush();
    this.#stream.end();
  }

  #receive({ call, response, status, told, load }: Reply): void {
    const pending = this.#calls.get(call);
    // A reply may cross our cancel.
    if (!pending) return;
    if (load) pending.onLoad(load);
    if (response) pending.resolve(response);
    else pending.reject(fromRpcStatus(status ?? { code: 2, message: '', details: [] }, told));
  }

  /** Calls that it does not answer any more have not begun, and may be tried elsewhere. */
  #goAway(lastCall: number): void {
    this.#state = 'leaving';
    this.#calls.forEach((pending, call) => {
      if (call <= lastCall) return;
      const why = `service ${this.#service} is shutting down`;
      pending.reject(
        new InferError('UNAVAILABLE', why, { reason: 'DRAINING', progress: 'not-begun', retryAfterMs: 0 }),
      );
    });
    if (this.#calls.size === 0) this.end();
  }

  /** What was sent may have begun; whoever tries again has to know. */
  #fail(cause: InferError): void {
    if (this.#state === 'ended' && this.#calls.size === 0) return;
    this.#state = 'ended';
    this.#calls.forEach((pending) => {
      const why = `service ${this.#service} cannot be reached`;
      pending.reject(new InferError('UNAVAILABLE', why, { reason: 'STREAM_LOST', progress: 'lost', cause }));
    });
    for (const go of this.#waiting.splice(0)) go();
  }
}

const unreachable = (service: string): InferError =>
  new InferError('UNAVAILABLE', `service ${service} cannot be reached`, {
    reason: 'SERVICE_UNAVAILABLE',
    progress: 'not-begun',
  });

const noAnswer = (service: string): InferError =>
  new InferError('DEADLINE_EXCEEDED', `service ${service} did not answer before the deadline`);

/** Waits no longer than the call has time, and not for a caller that left. */
function within<T>(work: Promise<T>, context: CallContext, service: string): Promise<T> {
  const { signal } = context;
  if (signal.aborted) return Promise.reject(abortReason(signal));
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortReason(signal));
    const timer = setTimeout(() => reject(noAnswer(service)), Math.max(0, remainingMs(context)));
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}
