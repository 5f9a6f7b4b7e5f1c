import type { IncomingHttpHeaders, ServerHttp2Session } from 'node:http2';
import type { RecordRefusal } from '../refusal.ts';
import type { Gate, Passage } from '../stream-guard.ts';
import type { Admissions } from './admission.ts';
import { peerOf } from './peer.ts';

/** Lets calls in by their credentials. */
export function createGate(admissions: Admissions, record: RecordRefusal): Gate {
  const passage = (headers: IncomingHttpHeaders, entry: Awaited<ReturnType<Admissions['authenticate']>>): Passage => {
    if ('principal' in entry) return entry;
    const { error } = entry;
    const trailers = new Map<string, string>();
    record(headers, error, trailers, 'identity');
    return { refusal: { error, trailers } };
  };
  return {
    authenticate: (stream, headers, facts) => {
      const peer = peerOf(stream.session as ServerHttp2Session);
      const entry = admissions.authenticate(stream, headers, peer, facts);
      return entry instanceof Promise ? entry.then((told) => passage(headers, told)) : passage(headers, entry);
    },
    vouch: (stream, headers, principal, facts) => admissions.vouch(stream, headers, { principal, facts }),
    askAgain: (stream, headers, facts) =>
      admissions.askAgain(stream, headers, peerOf(stream.session as ServerHttp2Session), facts),
  };
}
