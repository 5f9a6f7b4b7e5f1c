import { type CallContext, checkAlive, type FanOut, InferError } from '@sheaf/inference';
import { limits } from '../language/spec.ts';

/** Bounds the calls to models and transforms that one request sets off, and how many of them are under way. */
export function createFanOut(): FanOut {
  let left: number = limits.callsMax;
  let free: number = limits.callsAtOnceMax;
  const waiting: (() => void)[] = [];
  return {
    async run<T>(context: CallContext, where: string, ask: () => Promise<T>): Promise<T> {
      if (left === 0)
        throw new InferError('RESOURCE_EXHAUSTED', `want at most ${limits.callsMax} calls set off by one request`, {
          reason: 'TOO_MANY_CALLS',
          metadata: { limit: String(limits.callsMax) },
        });
      left--;
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        // It may have waited for longer than anybody waits for it.
        checkAlive(context, where);
        return await ask();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
  };
}
