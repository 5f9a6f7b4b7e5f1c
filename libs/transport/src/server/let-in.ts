/** The way in of a call that came by a listener of its protocol's own: what the dispatcher is for calls of gRPC. */
import { asInferError, monotonicClock, trustedCaller } from '@sheaf/inference';
import type { Caller } from '../mesh-stream/caller.ts';
import type { InferResult } from '../wire/codec.ts';
import {
  type Answer,
  type AnswerAdmitted,
  type Asks,
  type InferCall,
  type ReadRequest,
  tensorBytes,
} from './answer.ts';
import { type Admit, authenticateAsked, visibleMetadata } from './auth/authenticate.ts';
import { type KnowsSecret, wantsSecret } from './auth/secret-check.ts';
import { type CallFacts, type CallLog, openFacts, tellEnded } from './call-record.ts';
import type { RecordRefusal } from './refusal.ts';

export interface LetInOptions {
  readonly admit: Admit | undefined;
  readonly knowsSecret: KnowsSecret | undefined;
  readonly record: RecordRefusal;
  /** Told of each call when it has its answer. */
  readonly calls: CallLog | undefined;
}

/** Answers calls that are in as they are, and lets others in before: no protocol can forget that. */
export function letIn(answer: AnswerAdmitted, { admit, knowsSecret, record, calls }: LetInOptions): Answer {
  const enter = async (asks: Asks, facts: CallFacts): Promise<Caller> => {
    const { address = '', metadata } = asks;
    if (knowsSecret && !knowsSecret({ headers: { list: { get: metadata } }, connection: { address } }))
      throw wantsSecret;
    if (!admit) return { principal: trustedCaller };
    const onKnown = (known: CallFacts['principal']): void => {
      facts.principal = known;
    };
    return { principal: await authenticateAsked(admit, { ...asks, onKnown }), address };
  };
  const answerAsked = async (read: ReadRequest, asks: Asks, call: InferCall): Promise<InferResult> => {
    const { method, metadata } = asks;
    const { trailers = new Map<string, string>() } = call;
    const facts = openFacts(asks.address ?? '');
    facts.bytesIn = asks.bytesIn;
    const openedAt = monotonicClock.now();
    let code = 'OK';
    try {
      const caller = await enter(asks, facts).catch((error: unknown) => {
        record({ method, headers: { list: { get: metadata } }, trailers }, error, 'identity');
        facts.decision = 'identity';
        throw error;
      });
      const onRequest: typeof call.onRequest = (request, span) => {
        facts.model = request.model;
        facts.version = request.version;
        facts.sampled = span.sampled;
        call.onRequest?.(request, span);
      };
      const inside = { ...call, trailers, onRequest, metadata: visibleMetadata(metadata) };
      const result = await answer(read, inside, caller);
      // Nobody here knows how its protocol writes them.
      facts.bytesOut = tensorBytes(result.response.outputs);
      return result;
    } catch (thrown) {
      const error = asInferError(thrown);
      code = error.code;
      facts.reason = error.reason;
      facts.decision = error.decision ?? facts.decision;
      throw error;
    } finally {
      if (calls) tellEnded(calls, { method, facts, openedAt, trailers }, code);
    }
  };
  return (read, call) => {
    const { from } = call;
    return 'admitted' in from ? answer(read, call, from.admitted) : answerAsked(read, from.asks, call);
  };
}
