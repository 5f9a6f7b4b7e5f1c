import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { InFlight } from '../in-flight.ts';

/** The part of a Map that node:http2 uses of it. */
type Streams = Pick<Map<number, ServerHttp2Stream>, 'size' | 'get' | 'set' | 'delete' | 'forEach'>;

/**
 * Of a session that has just come: it gets another table of its streams, so that they do not outlive their calls in its Map (`InFlight`). Node keeps the
 * table to itself; a test guards the field, and where there is none nothing is done.
 */
export function letGoOfStreams(session: ServerHttp2Session): void {
  const state = stateOf(session);
  if (state?.streams?.size === 0) state.streams = new InFlight<ServerHttp2Stream>() as unknown as Streams;
}

/** What Node keeps of a session. */
export function stateOf(session: ServerHttp2Session): { streams?: Streams } | undefined {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  return key && (session as unknown as Record<symbol, { streams?: Streams }>)[key];
}
