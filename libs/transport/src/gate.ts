import type { ServerHttp2Session } from 'node:http2';
import type { Admissions } from './admission.ts';
import { peerOf } from './peer.ts';
import type { RecordRefusal, Refusal } from './refusal.ts';
import type { Gate } from './stream-guard.ts';

/** Lets calls in by their credentials. */
export function createGate(admissions: Admissions, record: RecordRefusal): Gate {
  return (stream, headers) => {
    const outcome = admissions.knock(stream, headers, peerOf(stream.session as ServerHttp2Session));
    const refusal = (refused: Awaited<typeof outcome>): Refusal | undefined => {
      if (!refused) return undefined;
      const { error } = refused;
      const trailers = new Map<string, string>();
      record(headers, error, trailers, 'identity');
      return { error, trailers };
    };
    return outcome instanceof Promise ? outcome.then(refusal) : refusal(outcome);
  };
}
