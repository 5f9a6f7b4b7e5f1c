import type { ServerHttp2Session } from 'node:http2';
import { asInferError, Journal, parseTraceparent } from '@sheaf/inference';
import type { Admissions } from './admission.ts';
import { peerOf } from './peer.ts';
import type { Gate, GateRefusal } from './stream-guard.ts';
import { tellIds } from './trailers.ts';

/** Lets calls in by their credentials. One that is refused is in the trace like any other. */
export function createGate(admissions: Admissions, name: string, onJournal: (journal: Journal) => void): Gate {
  return (stream, headers) => {
    const outcome = admissions.knock(stream, headers, peerOf(stream.session as ServerHttp2Session));
    const refusal = (refused: Awaited<typeof outcome>): GateRefusal | undefined => {
      if (!refused) return undefined;
      const { code, message, reason, decision = 'identity' } = asInferError(refused.error);
      const trailers = new Map<string, string>();
      const journal = new Journal(trailers);
      const method = String(headers[':path']).split('/').at(-1)?.slice(0, 64);
      const span = journal.start('request', `${name} ${method}`, parseTraceparent(textOf(headers.traceparent)));
      journal.end(span, code, message, { 'sheaf.refused': reason, 'sheaf.decision': decision });
      tellIds(trailers, textOf(headers['x-request-id']), span);
      onJournal(journal);
      return { error: refused.error, trailers };
    };
    return outcome instanceof Promise ? outcome.then(refusal) : refusal(outcome);
  };
}

const textOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;
