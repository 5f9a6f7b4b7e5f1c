/** Streams that last as long as their callers like (watches, reflection, the mesh stream): how many there may be. */
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { InferError } from '@sheaf/inference';

/** A client has one or two on a connection: a watch, a look at what there is. */
const perConnectionMax = 64;

export interface LongStreams {
  /** Counts a stream until it closes; answers why it may not come in. */
  enter(stream: ServerHttp2Stream): InferError | undefined;
}

/** `inAllMax` for the whole door. */
export function createLongStreams(inAllMax: number): LongStreams {
  const counts = new WeakMap<ServerHttp2Session, number>();
  let inAll = 0;
  return {
    enter: (stream) => {
      const session = stream.session as ServerHttp2Session;
      const count = counts.get(session) ?? 0;
      if (count >= perConnectionMax) return tooMany(`want at most ${perConnectionMax} on one connection`);
      if (inAll >= inAllMax) return tooMany(`the server has ${inAllMax}, and takes no more`);
      counts.set(session, count + 1);
      inAll++;
      stream.once('close', () => {
        counts.set(session, (counts.get(session) ?? 1) - 1);
        inAll--;
      });
      return undefined;
    },
  };
}

const tooMany = (why: string): InferError =>
  InferError.withoutStack('RESOURCE_EXHAUSTED', `streams that stay open, such as watches: ${why}`, {
    reason: 'STREAMS_EXHAUSTED',
    retryAfterMs: -1,
  });
