import { setImmediate } from 'node:timers/promises';
import {
  abortReason,
  asInferError,
  type ByteHold,
  boundedBaggage,
  type CallContext,
  type CallSignal,
  checkAlive,
  InferError,
  type InferRequest,
  type InferResponse,
  Journal,
  type Limits,
  type Load,
  messageTooLarge,
  monotonicClock,
  type Snapshot,
  type Span,
  type Submission,
  type Tensor,
  trustedCaller,
  w3cPropagation,
} from '@sheaf/inference';
import type { Caller } from '../mesh-stream/caller.ts';
import type { DecodedRequest, InferResult } from '../wire/codec.ts';
import type { AuthRequest } from './auth/authenticate.ts';
import type { Backend, CallHead, Strays } from './backend.ts';
import type { ServerState } from './server-state.ts';
import { tellIds } from './trailers.ts';

export interface AnswerOptions {
  readonly name: string;
  readonly limits: Limits;
  readonly state: ServerState;
}

/**
 * Whom a call comes from. `admitted`: the dispatcher has let it in and logs it, as each call of gRPC, or another process of the mesh has. `asks`: it came by
 * a listener of the protocol's own, and is let in and logged as it is answered.
 */
export type CallFrom = { readonly admitted: Caller } | { readonly asks: Asks };

/** What a call that is not let in yet shows. */
export interface Asks extends Omit<AuthRequest, 'onKnown'> {
  /** Of its message. */
  readonly bytesIn: number;
}

/** What comes with a request, however it came. */
export interface InferCall {
  /** Milliseconds that the caller gives it; not finite when it names none. */
  readonly givenMs: number;
  /** What comes beside it of a trace and of baggage, by the name of a header; none says nothing. */
  readonly header?: (name: string) => string | undefined;
  /** Aborted when the caller leaves. */
  readonly signal: CallSignal;
  /** gRPC metadata, where the call brought any of its own. */
  readonly metadata?: (key: string) => string | undefined;
  /** The configuration that the call was admitted under elsewhere; none: the one in force. */
  readonly snapshot?: Snapshot | undefined;
  readonly from: CallFrom;
  /** Of a call that is to be queued. */
  readonly submission?: Submission;
  /** It is not to share a run; false unless given. */
  readonly isolated?: boolean;
  /** Where what its messages take is counted. */
  readonly bytes?: ByteHold;
  /** Filled with what the caller is told beside the answer, good or bad. */
  readonly trailers?: Map<string, string>;
  /** Called with the request once it can be read, and the span of its call. */
  readonly onRequest?: (request: InferRequest, span: Span) => void;
  /** Called with how busy the model is that was asked, before the answer, also when that is an error. */
  readonly onLoad?: (load: Load) => void;
}

/** Reads the request that has come; throws InferError. Called once the call may come in, and once. */
export type ReadRequest = () => DecodedRequest;

/** Answers one inference, by whatever protocol it came; rejects with InferError. */
export type Answer = (read: ReadRequest, call: InferCall) => Promise<InferResult>;

/** The same, of a call that is in. */
export type AnswerAdmitted = (read: ReadRequest, call: Omit<InferCall, 'from'>, caller: Caller) => Promise<InferResult>;

/** What every way into a server has in common: the limits, the deadline, the journal. */
export function createAnswer({ name, limits, state }: AnswerOptions, backend: Backend): AnswerAdmitted {
  return async (read, call, caller) => {
    const context = contextOf(call, caller, { name, limits }, backend);
    const { journal, span } = context;
    if (context.principal !== trustedCaller && call.trailers)
      tellIds(call.trailers, call.metadata?.('x-request-id'), span);
    let asked: InferRequest | undefined;
    let isReading = false;
    state.enter();
    try {
      state.checkAdmits();
      // Calls that were cancelled in the same message are gone in a moment.
      if (state.calls > limits.concurrentCallsMax) await setImmediate();
      if (state.calls > limits.concurrentCallsMax) {
        const message = `${limits.concurrentCallsMax} calls are already being answered`;
        throw InferError.withoutStack('UNAVAILABLE', message, {
          reason: 'OVERLOADED',
          decision: `load:${name}`,
          progress: 'not-begun',
          retryAfterMs: 50,
        });
      }
      checkAlive(context, 'the server');
      backend.strays?.check(context.principal, () => context);
      isReading = true;
      const { request, typed } = read();
      isReading = false;
      asked = request;
      call.onRequest?.(request, span);
      // Raw tensors are views of the message; typed ones are made anew.
      if (typed) context.bytes?.take(tensorBytes(request.inputs));
      const infer = call.submission && backend.later ? backend.later.submit : backend.infer;
      const response = await infer(request, context);
      if (context.signal.aborted) throw abortReason(context.signal);
      checkSize(response, limits);
      journal.abandon(span, 'CANCELLED');
      journal.end(span, 'OK', undefined, { model: response.model, ...askedOf(request) });
      return { response, id: request.id, typed };
    } catch (thrown) {
      const told = isReading ? await asStray(thrown, context, backend.strays) : thrown;
      const error = withItsDeadline(asInferError(told), call.givenMs, limits);
      const { code, message, reason, decision } = error;
      const refused = { 'sheaf.refused': reason, ...(decision && { 'sheaf.decision': decision }) };
      journal.abandon(span, code === 'DEADLINE_EXCEEDED' ? code : 'CANCELLED');
      journal.end(span, code, message, { ...refused, ...(asked && askedOf(asked)) });
      throw error;
    } finally {
      const load = asked && call.onLoad && backend.load?.(asked.model, asked.version);
      if (load) call.onLoad?.(load);
      state.leave();
      backend.onJournal(journal);
    }
  };
}

/** Whoever counts calls by their models reads it in the span of the request. */
const askedOf = ({ model, version }: InferRequest): Span['attributes'] => ({
  'sheaf.model': model,
  'sheaf.version': version,
});

/** What is wrong with a message, or that its caller has sent too many of these. */
export async function asStray(error: unknown, called: CallHead, strays: Strays | undefined): Promise<unknown> {
  try {
    await strays?.take(called);
    return error;
  } catch (refusal) {
    return refusal;
  }
}

/** A deadline that the caller did not choose is told, with what would give another. */
function withItsDeadline(error: InferError, givenMs: number, { deadlineDefaultMs, deadlineMaxMs }: Limits): InferError {
  if (error.code !== 'DEADLINE_EXCEEDED' || givenMs <= deadlineMaxMs) return error;
  const why = Number.isFinite(givenMs)
    ? `the call named ${Math.round(givenMs)} ms, and limits.deadlineMaxMs in mesh.yaml allows ${deadlineMaxMs} ms`
    : `the call named no deadline, which limits.deadlineDefaultMs in mesh.yaml makes ${deadlineDefaultMs} ms; name one for up to ${deadlineMaxMs} ms`;
  return error.with({ message: `${error.message}; ${why}`, cause: error });
}

function checkSize({ outputs }: InferResponse, limits: Limits): void {
  const bytes = tensorBytes(outputs);
  const { messageBytesMax: most } = limits;
  if (bytes > most) throw messageTooLarge(`the outputs take ${bytes} bytes; a message may take ${most}`, limits, bytes);
}

/** What their data takes. */
export const tensorBytes = (tensors: readonly Tensor[]): number =>
  tensors.reduce((total, { data }) => total + data.byteLength, 0);

function contextOf(
  {
    givenMs,
    header = () => undefined,
    signal,
    metadata,
    snapshot: given,
    isolated = false,
    bytes,
    trailers,
    submission,
  }: Omit<InferCall, 'from'>,
  caller: Caller,
  { name, limits }: Pick<AnswerOptions, 'name' | 'limits'>,
  backend: Backend,
): CallContext {
  const journal = new Journal(trailers);
  const { propagation = w3cPropagation } = backend;
  const parent = propagation.extract(header);
  const span = journal.start('request', `${name} ${submission ? 'Submit' : 'ModelInfer'}`, parent, {}, backend.sample);
  // The caller's time, at most the limit; the default when it names none.
  const budgetMs = Number.isFinite(givenMs) ? Math.min(givenMs, limits.deadlineMaxMs) : limits.deadlineDefaultMs;
  const deadline = monotonicClock.now() + budgetMs;
  const snapshot = given ?? backend.snapshot();
  const said = propagation.hasBaggage ? header('baggage') : undefined;
  const baggage = said && (backend.acceptBaggage ?? boundedBaggage)(said);
  const ofCaller = {
    ...(metadata && { metadata }),
    ...(bytes && { bytes }),
    ...(baggage && { baggage }),
    ...(submission && { submission }),
    ...caller,
  };
  return { deadline, signal, clock: monotonicClock, snapshot, journal, span, isolated, ...ofCaller };
}
