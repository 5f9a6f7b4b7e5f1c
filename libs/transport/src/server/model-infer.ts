/** ModelInfer, the method whose cost matters: its messages are read and written straight between their bytes and our nouns. */
import {
  asInferError,
  InferError,
  Journal,
  type Limits,
  type Load,
  monotonicClock,
  type Submission,
  trustedCaller,
} from '@sheaf/inference';
import { loadReport, loadReportKey } from '../load-report.ts';
import { inferPath } from '../proto.ts';
import { binaryValue } from '../status.ts';
import { type DecodedRequest, decodeRequest, encodeResponse, type InferResult } from '../wire/codec.ts';
import { asStray, tensorBytes } from './answer.ts';
import type { CallHead } from './backend.ts';
import type { Share } from './bytes/byte-room.ts';
import type { BytesInFlight, Hold } from './bytes/bytes-in-flight.ts';
import { acceptedEncodings, headBytes, writeHead } from './framing.ts';
import { lateBy } from './grpc/methods.ts';
import type { IncomingCall } from './grpc/server-call.ts';
import type { Protocol, ProtocolContext } from './protocol.ts';
import { type MessageConsumer, UnaryMessage } from './unary-message.ts';

/** How the messages of a method that asks a model are read and written. */
export interface InferWire {
  readonly path: string;
  /** Begins one call of it. */
  open(): OpenWire;
}

interface OpenWire {
  readonly read: (message: Buffer, limits: Limits) => DecodedRequest;
  /** The answer behind `headBytes` that are blank. */
  readonly write: (result: InferResult) => Buffer;
  /** Undefined: the call is answered, not queued. */
  readonly submission?: Submission;
}

const openInfer: OpenWire = { read: decodeRequest, write: (result) => encodeResponse(result, headBytes) };

/** `isOfMesh`: its callers are processes of the mesh. The call that asks on behalf of another one may not wait for room that this one has. */
export const modelInfer = (isOfMesh: boolean): Protocol =>
  inferProtocol({ path: inferPath, open: () => openInfer }, isOfMesh);

export const inferProtocol =
  (wire: InferWire, isOfMesh: boolean): Protocol =>
  (context) => {
    const isReportDue = createReportPace();
    const late = lateBy(context.limits);
    const serve = (call: IncomingCall): void => {
      const { bytes, limits, strays } = context;
      const hold = isOfMesh ? bytes.open(undefined, false) : bytes.open(shareOf(call, bytes));
      const exchange = new InferExchange(call, hold, wire.open(), context, isReportDue);
      try {
        strays?.check(call.principal, () => headOf(call));
      } catch (error) {
        exchange.fail(error);
        return;
      }
      const expected = { encoding: call.headers.encoding, limit: limits, room: hold, late };
      call.receive(new UnaryMessage(call, expected, exchange));
    };
    return { methods: [{ path: wire.path, isLong: false, serve }] };
  };

/** There is no span yet; what it tells of limits goes into the trailers alone. */
const headOf = ({ principal, address, trailers }: IncomingCall): CallHead => ({
  principal,
  address,
  journal: new Journal(trailers),
});

class InferExchange implements MessageConsumer {
  readonly #call: IncomingCall;
  readonly #hold: Hold;
  readonly #wire: OpenWire;
  readonly #context: ProtocolContext;
  readonly #isReportDue: () => boolean;
  #load: Load | undefined;
  /** Nothing more is done for it. */
  #isOver = false;

  constructor(call: IncomingCall, hold: Hold, wire: OpenWire, context: ProtocolContext, isReportDue: () => boolean) {
    this.#call = call;
    this.#hold = hold;
    this.#wire = wire;
    this.#context = context;
    this.#isReportDue = isReportDue;
  }

  take(message: Buffer): void {
    void this.#answer(message);
  }

  fail(error: unknown): void {
    if (isUnreadable(error) && this.#context.strays) void this.#failAsStray(error);
    else this.#refuseUnread(error);
  }

  /** It closes after every answer as well, once that has been read. */
  close(): void {
    if (this.#isOver) this.#hold.release();
    else this.#hold.leave();
  }

  async #answer(message: Buffer): Promise<void> {
    const { limits, answer } = this.#context;
    const call = this.#call;
    const { read, write, submission } = this.#wire;
    const { facts, principal, address, trailers } = call;
    facts.bytesIn = message.length;
    try {
      const result = await answer(() => read(message, limits), {
        givenMs: call.timeoutMs - (monotonicClock.now() - call.openedAt),
        header: (name) => call.headers.list.get(name),
        signal: call.signal,
        metadata: (key) => call.metadata(key),
        trailers,
        bytes: this.#hold,
        ...(submission && { submission }),
        onLoad: (load) => {
          this.#load = load;
        },
        onRequest: ({ model, version }, { sampled }) => {
          facts.model = model;
          facts.version = version;
          facts.sampled = sampled;
        },
        from: { admitted: { principal, ...(principal !== trustedCaller && { address }) } },
      });
      if (this.#load && this.#isReportDue()) tellLoad(this.#load, trailers);
      // As they are, and as they are written.
      this.#hold.settle(2 * tensorBytes(result.response.outputs));
      const frame = writeHead(write(result));
      this.#hold.settle(frame.length);
      facts.bytesOut = frame.length - headBytes;
      call.send(frame);
      call.finish();
    } catch (error) {
      this.#hold.release();
      if (this.#load) tellLoad(this.#load, trailers);
      call.refuse(error);
    }
    this.#end();
  }

  async #failAsStray(error: unknown): Promise<void> {
    this.#refuseUnread(await asStray(error, headOf(this.#call), this.#context.strays));
  }

  #refuseUnread(thrown: unknown): void {
    this.#hold.release();
    const error = asInferError(thrown);
    this.#call.trailers.set('grpc-accept-encoding', acceptedEncodings);
    this.#context.record(this.#call, error);
    this.#call.refuse(error);
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    if (this.#call.isClosed) this.#hold.release();
  }
}

const unreadable = ['FRAMING_INVALID', 'ENCODING_UNKNOWN', 'MESSAGE_TOO_LARGE'];
/** As opposed to a message that came too late, or for which there was no room. */
const isUnreadable = (error: unknown): boolean => error instanceof InferError && unreadable.includes(error.reason);

/** Of the principals that stand for whoever comes. */
const nobodyIds = ['anonymous', 'local'];

/** A tenant has one; where nobody is asked who they are, or anybody is let in, each connection. */
function shareOf({ connection, principal }: IncomingCall, bytes: BytesInFlight): Share {
  return principal === trustedCaller || nobodyIds.includes(principal.id)
    ? bytes.shareOfConnection(connection)
    : bytes.shareOfTenant(principal.tenant);
}

const tellLoad = (load: Load, trailers: Map<string, string>): void =>
  void trailers.set(loadReportKey, binaryValue(loadReport(load)));

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
