/** Streams that last as long as their callers like (watches, reflection, the mesh stream): how many there may be. */
import { InferError } from '@sheaf/inference';

export interface LongStreams {
  /** Counts a stream until it leaves; answers why it may not come in. `block`: whose it is; undefined of proxies that do not say, who only share in all. */
  enter(block: string | undefined): InferError | undefined;
  /** Of each that has entered, once. */
  leave(block: string | undefined): void;
}

/** `inAllMax` for the whole server, half of them of one address block. One connection may have as many as it may have calls. */
export function createLongStreams(inAllMax: number): LongStreams {
  const counts = new Map<string, number>();
  let inAll = 0;
  const add = (block: string | undefined, by: 1 | -1): void => {
    inAll += by;
    if (block === undefined) return;
    const count = (counts.get(block) ?? 0) + by;
    if (count > 0) counts.set(block, count);
    else counts.delete(block);
  };
  return {
    enter: (block) => {
      const ofOneMax = Math.ceil(inAllMax / 2);
      if (block !== undefined && (counts.get(block) ?? 0) >= ofOneMax)
        return tooMany(`want at most ${ofOneMax} from one address`);
      if (inAll >= inAllMax) return tooMany(`the server has ${inAllMax}, and takes no more`);
      add(block, 1);
      return undefined;
    },
    leave: (block) => add(block, -1),
  };
}

const tooMany = (why: string): InferError =>
  InferError.withoutStack('RESOURCE_EXHAUSTED', `streams that stay open, such as watches: ${why}`, {
    reason: 'STREAMS_EXHAUSTED',
    retryAfterMs: -1,
  });
