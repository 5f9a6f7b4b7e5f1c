/** ModelInfer on its bare HTTP/2 stream: through grpc-js, a small call takes the gateway four tenths more. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import {
  asInferError,
  deadlineExceeded,
  InferError,
  Journal,
  type Limits,
  type Load,
  monotonicClock,
} from '@sheaf/inference';
import { readableOf, textOf } from '../headers.ts';
import { loadReport, loadReportKey } from '../load-report.ts';
import { grpcContentType, type Trailers } from '../status.ts';
import { encodeResponse } from '../wire/codec.ts';
import { type Answer, asStray, tensorBytes } from './answer.ts';
import type { Share } from './bytes/byte-room.ts';
import type { BytesInFlight } from './bytes/bytes-in-flight.ts';
import { ignoreError, lateRefusal, type RecordRefusal, refuse } from './refusal.ts';
import type { CallHead, Strays } from './server.ts';
import type { BareCall, ServeStream } from './stream-guard.ts';
import { acceptedEncodings, headBytes, readUnaryMessage, writeHead } from './unary-message.ts';

export interface InferStreamOptions {
  readonly limits: Limits;
  readonly bytes: BytesInFlight;
  /** Whether its callers are processes of the mesh. */
  readonly mesh: boolean | undefined;
  /** Of calls whose message cannot be read. */
  readonly record: RecordRefusal;
  readonly strays: Strays | undefined;
}

export function serveInfer({ limits, bytes, mesh, record, strays }: InferStreamOptions, answer: Answer): ServeStream {
  const isReportDue = createReportPace();
  const serve = async (call: BareCall): Promise<void> => {
    const { stream, headers, principal, account, facts } = call;
    const arrivedAt = monotonicClock.now();
    const timeoutMs = timeoutMsOf(headers);
    const controller = new AbortController();
    // As on the mesh stream: the call that asks on behalf of another one may not wait for room that this one has.
    const hold = mesh ? bytes.open(undefined, false) : bytes.open(shareOf(call, bytes));
    let isOver = false;
    stream.on('error', ignoreError).on('close', () => {
      // It closes after every answer as well, once that has been read.
      if (isOver) hold.release();
      else {
        controller.abort();
        hold.leave();
      }
    });
    const trailers = new Map<string, string>();
    let isRead = false;
    let load: Load | undefined;
    // There is no span yet; what it tells of limits goes into the trailers alone.
    const unread = (): CallHead => ({ principal, address: facts.address, journal: new Journal(trailers) });
    try {
      strays?.check(principal, unread);
      const message = await readUnaryMessage(stream, {
        encoding: textOf(headers['grpc-encoding']),
        bytesMax: limits.messageBytesMax,
        ...(limits.messageKey && { messageKey: limits.messageKey }),
        withinMs: Math.min(timeoutMs, limits.requestArrivalMaxMs),
        late: () => (timeoutMs < limits.requestArrivalMaxMs ? deadlineExceeded('the server') : lateRefusal(limits)),
        onBytes: account.add,
        hold,
      });
      if (!message) return;
      isRead = true;
      facts.bytesIn = message.length;
      const outcome = await answer(message, {
        givenMs: timeoutMs - (monotonicClock.now() - arrivedAt),
        traceparent: headers['traceparent'],
        signal: controller.signal,
        metadata: (key) => metadataOf(headers, key),
        trailers,
        bytes: hold,
        onLoad: (told) => {
          load = told;
        },
        onRequest: ({ model, version }) => Object.assign(facts, { model, version }),
        ...(principal && { caller: { principal, address: facts.address } }),
      });
      if (load && isReportDue()) tellLoad(load, trailers);
      // As they are, and as they are written.
      hold.settle(2 * tensorBytes(outcome.response.outputs));
      const frame = writeHead(encodeResponse(outcome, headBytes));
      hold.settle(frame.length);
      facts.bytesOut = frame.length - headBytes;
      respond(stream, frame, trailers);
    } catch (thrown) {
      hold.release();
      const error = !isRead && isUnreadable(thrown) ? await asStray(thrown, unread(), strays) : thrown;
      facts.reason = asInferError(error).reason;
      if (load) tellLoad(load, trailers);
      if (!isRead) {
        trailers.set('grpc-accept-encoding', acceptedEncodings);
        record(headers, error, trailers);
      }
      refuse(stream, { error, trailers });
    } finally {
      isOver = true;
      if (stream.closed || stream.destroyed) hold.release();
    }
  };
  return (call) => void serve(call);
}

const unreadable = ['FRAMING_INVALID', 'ENCODING_UNKNOWN', 'MESSAGE_TOO_LARGE'];
/** As opposed to a message that came too late, or for which there was no room. */
const isUnreadable = (error: unknown): boolean => error instanceof InferError && unreadable.includes(error.reason);

/** Of the principals that stand for whoever comes. */
const nobodyIds = ['anonymous', 'local'];

/** A tenant has one; where nobody is asked who they are, or anybody is let in, each connection. */
function shareOf({ stream, principal }: BareCall, bytes: BytesInFlight): Share {
  return principal && !nobodyIds.includes(principal.id)
    ? bytes.shareOfTenant(principal.tenant)
    : bytes.shareOfConnection(stream.session as object);
}

function respond(stream: ServerHttp2Stream, frame: Buffer, trailers: Trailers): void {
  // The caller has left.
  if (stream.destroyed || stream.closed) return;
  stream.respond(
    { ':status': 200, 'content-type': grpcContentType, 'grpc-accept-encoding': acceptedEncodings },
    { waitForTrailers: true },
  );
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0, ...Object.fromEntries(trailers) }));
  stream.end(frame);
}

/** The first value of a key; what is binary comes in base64, several values joined by commas. */
function metadataOf(headers: IncomingHttpHeaders, key: string): string | undefined {
  const value = textOf(headers[key]);
  if (value === undefined || !key.endsWith('-bin')) return value && readableOf(value);
  return Buffer.from(value.split(',', 1)[0] ?? '', 'base64').toString();
}

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** Infinite when the caller names none. What it names has been found to be well-formed. */
function timeoutMsOf(headers: IncomingHttpHeaders): number {
  const given = textOf(headers['grpc-timeout']);
  return given === undefined ? Number.POSITIVE_INFINITY : Number(given.slice(0, -1)) * (unitMs[given.slice(-1)] ?? 1);
}

const tellLoad = (load: Load, trailers: Map<string, string>): void =>
  void trailers.set(loadReportKey, loadReport(load).toString('base64'));

/** Good answers tell the load no more often than this: it costs a tenth of a small call, and whoever reads it takes the mean. */
const reportIntervalMs = 50;

function createReportPace(): () => boolean {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = monotonicClock.now();
    if (now - reportedAt < reportIntervalMs) return false;
    reportedAt = now;
    return true;
  };
}
