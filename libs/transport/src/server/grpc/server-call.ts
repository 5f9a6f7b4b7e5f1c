/** A call that a server answers, of whatever method. */
import {
  type ErrorCode,
  errorCodes,
  type Field,
  type ServerStream,
  type StreamEnd,
  type StreamHandler,
} from '@sheaf/http2';
import {
  asInferError,
  CallCanceller,
  type CallSignal,
  deadlineExceeded,
  monotonicClock,
  type Principal,
  type TrustedCaller,
} from '@sheaf/inference';
import type { Peer } from '../auth/peer.ts';
import { ChunkList } from '../bytes/chunk-list.ts';
import { type CallFacts, type CallLog, tellEnded } from '../call-record.ts';
import type { CallPatience, Connection, ConnectionCall } from '../connections/connection.ts';
import { type CallHeaders, metadataOf } from './call-headers.ts';
import { httpRefusals, refusalEnd, refusalOnly, responseEnd, responseHead } from './response.ts';

/** What a method's handler is told of a call. */
export interface ServerCall {
  /** Such as `/inference.GRPCInferenceService/ModelInfer`. */
  readonly method: string;
  /** The text of a key, in lower case: its values joined by `, `, of a binary key the first alone. Undefined for what callers may not say. */
  metadata(key: string): string | undefined;
  /** On whose behalf it is. */
  readonly principal: Principal | TrustedCaller;
  /** Where it comes from; '' where that is not known. */
  readonly address: string;
  /** Whom the certificate of its connection names. */
  readonly peer: Peer | undefined;
  /** Milliseconds that its caller gave it; infinite when it named none. */
  readonly timeoutMs: number;
  /** By the monotonic clock, in milliseconds; infinite when its caller named none. */
  readonly deadline: number;
  /** Aborted when the caller leaves, or its deadline has passed. */
  readonly signal: CallSignal;
  /** To be filled with what becomes known of it, for the call log. */
  readonly facts: CallFacts;
  /** What is told before the answer's first message. */
  readonly responseMetadata: Field[];
  /** What is told beside the status. */
  readonly trailers: Map<string, string>;
}

/** Who reads what a call brings. */
export interface Receiver {
  data(chunk: Buffer): void;
  end(): void;
  /** The stream is over, whatever has happened; once. */
  close(): void;
  /** Whether it waits for a message that has not come. */
  readonly isWaiting: boolean;
  /** When that began to come, in milliseconds of the monotonic clock. Undefined: with the call. */
  readonly begunAt?: number | undefined;
  /** It has waited for too long: until the deadline that the caller named, or as long as a request may take to arrive. */
  late(isDeadline: boolean): void;
}

/** What hides metadata that callers may not say. */
export type IsHidden = (key: string) => boolean;

/** The longest that a timer can take; whoever gives more waits for ever. In milliseconds. */
const timerMaxMs = 2 ** 31 - 1;

export class IncomingCall implements ServerCall, ConnectionCall, StreamHandler {
  readonly stream: ServerStream;
  readonly connection: Connection;
  readonly headers: CallHeaders;
  readonly facts: CallFacts;
  readonly openedAt = monotonicClock.now();
  readonly responseMetadata: Field[] = [];
  readonly trailers = new Map<string, string>();
  /** Nothing is there before it is let in, so that what asks too early fails. */
  principal!: Principal | TrustedCaller;
  isHidden: IsHidden | undefined;
  /** Its `authorization` is the secret of the mesh. */
  hasSecret = false;
  /** Once it was let in: whether it lasts as its caller likes. */
  letInAs: 'long' | 'short' | undefined;
  /** Told once when its stream is closed, before its receiver. */
  onClose: (() => void) | undefined;
  /** Told when all that was sent has been handed to the socket. */
  onDrain: (() => void) | undefined;
  #log: CallLog | undefined;
  #receiver: Receiver | undefined;
  /** What has come while nobody reads. */
  readonly #unread = new ChunkList();
  #hasRequestEnded = false;
  #isHeadSent = false;
  #answeredAt: number | undefined;
  #isClosed = false;
  #canceller: CallCanceller | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  /** As the call log has it. */
  #code = 'CANCELLED';

  constructor(
    stream: ServerStream,
    connection: Connection,
    headers: CallHeaders,
    facts: CallFacts,
    log: CallLog | undefined,
  ) {
    this.stream = stream;
    this.connection = connection;
    this.headers = headers;
    this.facts = facts;
    this.#log = log;
  }

  get method(): string {
    return this.headers.path;
  }

  get address(): string {
    return this.facts.address;
  }

  get peer(): Peer | undefined {
    return this.connection.peer;
  }

  get timeoutMs(): number {
    return this.headers.timeoutMs;
  }

  get deadline(): number {
    return this.openedAt + this.headers.timeoutMs;
  }

  get signal(): CallSignal {
    if (!this.#canceller) {
      this.#canceller = new CallCanceller();
      if (this.#isClosed) this.#canceller.abort();
    }
    return this.#canceller;
  }

  metadata(key: string): string | undefined {
    return this.isSecret(key) || this.isHidden?.(key) ? undefined : metadataOf(this.headers.list, key);
  }

  /** What let the call in is nobody's business behind that. */
  isSecret(key: string): boolean {
    return this.hasSecret && key === 'authorization';
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** It has its status; what else its caller sends is dropped. */
  get isAnswered(): boolean {
    return this.#answeredAt !== undefined;
  }

  /** Of what has come, what nobody has read. */
  get unreadBytes(): number {
    return this.#unread.length;
  }

  /** From now on `receiver` reads what comes, and what has come. */
  receive(receiver: Receiver): void {
    this.#receiver = receiver;
    for (const chunk of this.#unread.take()) if (!this.isAnswered) receiver.data(chunk);
    if (this.#hasRequestEnded && !this.isAnswered) receiver.end();
    if (this.#isClosed) receiver.close();
  }

  data(chunk: Buffer): void {
    if (this.#answeredAt !== undefined) return;
    if (this.#receiver) this.#receiver.data(chunk);
    else this.#unread.add(chunk);
  }

  end(): void {
    this.#hasRequestEnded = true;
    if (this.#answeredAt === undefined) this.#receiver?.end();
  }

  drain(): void {
    this.onDrain?.();
  }

  close(_end: StreamEnd): void {
    this.#isClosed = true;
    clearTimeout(this.#deadlineTimer);
    this.#unread.take();
    this.connection.leave(this);
    this.onClose?.();
    if (this.#answeredAt === undefined) this.#canceller?.abort();
    this.#receiver?.close();
    if (this.#log) tellEnded(this.#log, this, this.#code);
  }

  /** A message with its head, to be followed by others or by `finish`. */
  send(frame: Buffer): void {
    if (this.#answeredAt !== undefined || this.#isClosed) return;
    this.#sendHead();
    this.stream.write(frame);
  }

  /** Ends the answer well. */
  finish(): void {
    if (!this.#answer('OK')) return;
    this.#sendHead();
    this.stream.end(responseEnd(this.trailers));
  }

  /** Ends the answer with an error; by trailers alone where nothing was sent. A call that has had its answer, or is gone, gets none. */
  refuse(thrown: unknown): void {
    const error = asInferError(thrown);
    if (!this.#answer(error.code)) return;
    this.facts.reason = error.reason;
    this.facts.decision = error.decision ?? this.facts.decision;
    if (this.#isHeadSent) this.stream.end(refusalEnd(error, this.trailers));
    else this.stream.respondOnly(refusalOnly(error, this.trailers, this.responseMetadata));
    this.#unread.take();
    this.stream.resume();
  }

  /** For what is no gRPC call at all. */
  refuseHttp(status: 405 | 415): void {
    if (!this.#answer(`HTTP ${status}`)) return;
    const { head, body } = httpRefusals[status];
    this.stream.respond(head);
    this.stream.write(body);
    this.stream.end();
  }

  reset(code: ErrorCode): void {
    this.stream.reset(code);
  }

  /** Asked a few times a second: nobody is waited for longer than they may take. */
  judge(now: number, { arrivalMaxMs, answeredMaxMs }: CallPatience): void {
    if (this.#answeredAt !== undefined) {
      if (this.#hasRequestEnded || this.stream.unsentBytes > 0 || now - this.#answeredAt < answeredMaxMs) return;
      this.connection.idle.giveUp();
      this.reset(errorCodes.NO_ERROR);
      return;
    }
    const { timeoutMs } = this.headers;
    const sinceMs = now - this.openedAt;
    if (!this.#receiver?.isWaiting) return;
    const waitedMs = now - (this.#receiver.begunAt ?? this.openedAt);
    if (sinceMs < timeoutMs && waitedMs < arrivalMaxMs) return;
    this.connection.idle.giveUp();
    this.#receiver.late(sinceMs >= timeoutMs);
  }

  /** From now on it ends by itself when its deadline passes. */
  watchDeadline(): void {
    if (this.#isClosed || this.#deadlineTimer || this.headers.timeoutMs > timerMaxMs) return;
    const leftMs = this.deadline - monotonicClock.now();
    this.#deadlineTimer = setTimeout(() => {
      this.refuse(deadlineExceeded('the server'));
      this.#canceller?.abort();
    }, leftMs);
  }

  /** Answers whether there is none yet. */
  #answer(code: string): boolean {
    if (this.#answeredAt !== undefined || this.#isClosed) return false;
    this.#answeredAt = monotonicClock.now();
    clearTimeout(this.#deadlineTimer);
    this.#code = code;
    return true;
  }

  #sendHead(): void {
    if (this.#isHeadSent) return;
    this.#isHeadSent = true;
    this.stream.respond(responseHead(this.responseMetadata));
  }
}
