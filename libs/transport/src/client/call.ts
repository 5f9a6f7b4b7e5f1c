/** One gRPC call on a connection of ours: messages as they stand on the wire, both ways, until its status. */
import {
  type ClientConnection,
  type ClientStream,
  encodeHeaders,
  errorCodes,
  type Field,
  type HeaderList,
  type ResponseHandler,
} from '@sheaf/http2';
import { InferError } from '@sheaf/inference';
import { MessageSplitter } from '../message-splitter.ts';
import { status } from '../status-codes.ts';
import { type CallStatus, ownStatus, statusIn, statusOfEnd, statusOfHttp } from './call-status.ts';

export interface CallOptions {
  /** Such as `/package.Service/Method`. */
  readonly path: string;
  /** Keys in lower case; those that end in `-bin` in base64. */
  readonly metadata?: readonly Field[];
  /** The call ends with DEADLINE_EXCEEDED after so long, and the server is told. Default: never. Milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** A larger message of the server ends the call with RESOURCE_EXHAUSTED. */
  readonly messageBytesMax: number;
}

/** Told in this order; nothing after `end`. None may throw. */
export interface CallHandler {
  /** The server has begun to answer; where it answers with nothing but a status, these hold it. */
  headers?(headers: HeaderList): void;
  /** May be a view on what was read, that nobody else changes. */
  message(message: Buffer): void;
  /** Once and last. */
  end(status: CallStatus): void;
}

export interface Call {
  /** Sends a message; it is changed no more. Nothing happens when the call has ended. */
  send(message: Buffer): void;
  /** No more messages follow. */
  end(): void;
  /** Ends the call with CANCELLED, unless it has ended. */
  cancel(): void;
  /** The server may send no more than the window of the stream until `resume`. */
  pause(): void;
  resume(): void;
}

/** For calls that are answered with one message: `done` gets it, or why there is none. */
export function singleAnswer(done: (status: CallStatus, message: Buffer | undefined) => void): CallHandler {
  let message: Buffer | undefined;
  let count = 0;
  return {
    message(one) {
      message = one;
      count++;
    },
    end(ending) {
      if (ending.code !== status.OK) done(ending, undefined);
      // As gRPC's list of statuses has it.
      else if (count !== 1) done(ownStatus(status.UNIMPLEMENTED, `the answer has ${count} messages`), undefined);
      else done(ending, message);
    },
  };
}

/** Whom calls on a connection name: `:scheme` and `:authority`. */
export interface CallTarget {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
}

/** `timeoutMs` as `grpc-timeout` has it: at most eight digits and a unit, and not before our own time is up. */
export function timeoutValue(timeoutMs: number): string {
  const us = Math.max(1, Math.ceil(timeoutMs * 1000));
  if (us < 1e8) return `${us}u`;
  const ms = Math.ceil(us / 1000);
  return ms < 1e8 ? `${ms}m` : `${Math.min(99_999_999, Math.ceil(ms / 1000))}S`;
}

function requestFields(
  { scheme, authority }: CallTarget,
  { path, metadata = [] }: CallOptions,
  leftMs: number,
): Field[] {
  const fields: Field[] = [
    [':method', 'POST'],
    [':scheme', scheme],
    [':path', path],
    [':authority', authority],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
  ];
  if (leftMs < Number.POSITIVE_INFINITY) fields.push(['grpc-timeout', timeoutValue(leftMs)]);
  return [...fields, ...metadata];
}

/** Smaller messages are copied behind their head, so that both are one frame. */
const copiedBytesMax = 16 * 1024;

function sendMessage(stream: ClientStream, message: Buffer): void {
  const isCopied = message.length <= copiedBytesMax;
  const head = Buffer.allocUnsafe(5 + (isCopied ? message.length : 0));
  head[0] = 0;
  head.writeUInt32BE(message.length, 1);
  if (isCopied) message.copy(head, 5);
  stream.write(head);
  if (!isCopied) stream.write(message);
}

const compressed = (): CallStatus => ownStatus(status.INTERNAL, 'the answer is compressed, which was not asked for');

/** What comes is no message, or one that there is no room for. */
const unreadable = (error: unknown): CallStatus =>
  error instanceof InferError && error.code === 'RESOURCE_EXHAUSTED'
    ? ownStatus(status.RESOURCE_EXHAUSTED, 'the answer is a message that is too large')
    : ownStatus(status.INTERNAL, 'the answer is no message');

const late = (): CallStatus => ownStatus(status.DEADLINE_EXCEEDED, 'the deadline passed before the answer came');

/** Longer ones do not fit a timer; whoever waits so long has no deadline. */
const timerMsMax = 2 ** 31 - 1;

const whenOver = (timeoutMs: number | undefined, onTime: () => void): NodeJS.Timeout | undefined =>
  timeoutMs === undefined || timeoutMs > timerMsMax ? undefined : setTimeout(onTime, Math.max(0, timeoutMs));

/** A call, and what its channel does with it. */
export interface PendingCall {
  readonly call: Call;
  readonly isOver: () => boolean;
  /** Opens its stream, and sends what has waited for that. */
  open(connection: ClientConnection, target: CallTarget): void;
  /** Ends it with the status of a call that could not be opened. */
  fail(ending: CallStatus): void;
}

/** Begins the time of a call, whose stream may be opened later. */
export function createCall(options: CallOptions, handler: CallHandler): PendingCall {
  const { timeoutMs } = options;
  const endAt = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  const leftMs = (): number => endAt - performance.now();
  let stream: ClientStream | undefined;
  /** Messages for a stream that is not open yet. */
  let waiting: Buffer[] = [];
  let isEnded = false;
  let isOver = false;
  const finish = (ending: CallStatus): void => {
    if (isOver) return;
    isOver = true;
    waiting = [];
    clearTimeout(timer);
    handler.end(ending);
  };
  const leave = (ending: CallStatus): void => {
    if (isOver) return;
    finish(ending);
    stream?.reset(errorCodes.CANCEL);
  };
  const timer = whenOver(timeoutMs, () => leave(late()));
  const response = createResponse(options.messageBytesMax, {
    ...handler,
    isOver: () => isOver,
    leave,
    // The server's timer may run out before ours is looked at; it is not told of less time than was left, so that ours is over then too.
    lost: (ending) => finish(leftMs() <= 0 ? late() : ending),
    end: (ending) => {
      finish(ending);
      // What we may still have to say has nobody who hears it.
      if (!isEnded) stream?.reset(errorCodes.NO_ERROR);
    },
  });
  return {
    isOver: () => isOver,
    fail: finish,
    open(connection, target) {
      stream = connection.request(encodeHeaders(requestFields(target, options, leftMs())), response);
      for (const message of waiting) sendMessage(stream, message);
      waiting = [];
      if (isEnded) stream.end();
    },
    call: {
      send(message) {
        if (isOver || isEnded) return;
        if (stream) sendMessage(stream, message);
        else waiting.push(message);
      },
      end() {
        if (isOver || isEnded) return;
        isEnded = true;
        stream?.end();
      },
      cancel: () => leave(ownStatus(status.CANCELLED, 'the call was cancelled')),
      pause: () => stream?.pause(),
      resume: () => stream?.resume(),
    },
  };
}

interface ResponseTo extends CallHandler {
  isOver(): boolean;
  /** Ends the call for what the server did wrong. */
  leave(ending: CallStatus): void;
  /** Ends the call for a stream that is over without a status. */
  lost(ending: CallStatus): void;
}

/** Reads what comes on the stream of a call. */
function createResponse(messageBytesMax: number, call: ResponseTo): ResponseHandler {
  let lastHeaders: HeaderList | undefined;
  let hasData = false;
  const splitter = new MessageSplitter({ messageBytesMax }, (message, isCompressed) => {
    if (call.isOver()) return;
    if (isCompressed) call.leave(compressed());
    else call.message(message);
  });
  return {
    headers(headers) {
      if (call.isOver()) return;
      lastHeaders = headers;
      const wrong = statusOfHttp(headers);
      if (wrong) call.leave(wrong);
      else call.headers?.(headers);
    },
    data(chunk) {
      if (call.isOver()) return;
      hasData = true;
      try {
        splitter.add(chunk);
      } catch (error) {
        call.leave(unreadable(error));
      }
    },
    end(trailers) {
      // A server that answers with nothing but a status says it in its headers.
      const isOnly = !hasData && lastHeaders?.get('grpc-status') !== undefined;
      const said = trailers ?? (isOnly ? lastHeaders : undefined);
      if (!said) call.end(ownStatus(status.INTERNAL, 'the answer ended without a status'));
      else if (splitter.isWithin) call.end(ownStatus(status.INTERNAL, 'the answer ended within a message'));
      else call.end(statusIn(said));
    },
    close: (end) => call.lost(statusOfEnd(end, lastHeaders !== undefined)),
  };
}
