/** Refusals straight on an HTTP/2 stream, where grpc-js has no part in the call. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { asInferError, type Decision, InferError, Journal, type Limits, parseTraceparent } from '@sheaf/inference';
import { textOf } from '../headers.ts';
import { type Trailers, toRefusalHeaders } from '../status.ts';
import type { Backend } from './server.ts';
import { tellIds } from './trailers.ts';

export interface Refusal {
  readonly error: unknown;
  /** What is told beside it; nothing unless given. */
  readonly trailers?: Trailers;
}

/** Answers with trailers only, so that clients' retry rules apply; a call that has had an answer, or is gone, gets none. What it still sends is dropped. */
export function refuse(stream: ServerHttp2Stream, { error, trailers }: Refusal): void {
  stream.on('error', ignoreError);
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  stream.respond(toRefusalHeaders(error, trailers), { endStream: true });
  stream.resume();
}

/** A caller that goes away meanwhile is no error of ours. */
export const ignoreError = (): void => {};

/** Puts a refusal into the trace like any other, and its ids into `trailers`. `decision` names the policy where the error does not. */
export type RecordRefusal = (
  headers: IncomingHttpHeaders,
  error: unknown,
  trailers: Map<string, string>,
  decision?: Decision,
) => void;

export function createRecorder(
  name: string,
  { onJournal, sample }: Pick<Backend, 'onJournal' | 'sample'>,
): RecordRefusal {
  return (headers, error, trailers, policy) => {
    const { code, message, reason, decision = policy } = asInferError(error);
    const journal = new Journal(trailers);
    const method = String(headers[':path']).split('/').at(-1)?.slice(0, 64);
    const parent = parseTraceparent(textOf(headers['traceparent']));
    const span = journal.start('request', `${name} ${method}`, parent, {}, sample);
    journal.end(span, code, message, { 'sheaf.refused': reason, ...(decision && { 'sheaf.decision': decision }) });
    tellIds(trailers, textOf(headers['x-request-id']), span);
    onJournal(journal);
  };
}

export const lateRefusal = ({ requestArrivalMaxMs }: Limits): InferError =>
  new InferError('DEADLINE_EXCEEDED', `the request did not arrive within ${requestArrivalMaxMs} ms`, {
    reason: 'REQUEST_LATE',
  });
