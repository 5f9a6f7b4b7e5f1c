/** What becomes of a refusal beside its status. */
import { asInferError, type Decision, InferError, Journal, type Limits, w3cPropagation } from '@sheaf/inference';
import type { Backend } from './backend.ts';
import { tellIds } from './trailers.ts';

/** As much of a call as its refusal tells. */
export interface RefusedCall {
  readonly method: string;
  readonly headers: { readonly list: { get(key: string): string | undefined } };
  readonly trailers: Map<string, string>;
}

/** Puts a refusal into the trace like any other, and its ids into the trailers of its call. `policy` is named as what decided where the error does not. */
export type RecordRefusal = (call: RefusedCall, error: unknown, policy?: Decision) => void;

export function createRecorder(
  name: string,
  { onJournal, sample, propagation = w3cPropagation }: Pick<Backend, 'onJournal' | 'sample' | 'propagation'>,
): RecordRefusal {
  return ({ method, headers, trailers }, error, policy) => {
    const { code, message, reason, decision = policy } = asInferError(error);
    const journal = new Journal(trailers);
    const parent = propagation.extract((header) => headers.list.get(header));
    const span = journal.start('request', `${name} ${method.split('/').at(-1)?.slice(0, 64)}`, parent, {}, sample);
    journal.end(span, code, message, { 'sheaf.refused': reason, ...(decision && { 'sheaf.decision': decision }) });
    tellIds(trailers, headers.list.get('x-request-id'), span);
    onJournal(journal);
  };
}

export const lateRefusal = ({ requestArrivalMaxMs }: Limits): InferError =>
  new InferError('DEADLINE_EXCEEDED', `the request did not arrive within ${requestArrivalMaxMs} ms`, {
    reason: 'REQUEST_LATE',
  });
