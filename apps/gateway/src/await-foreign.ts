import { setTimeout } from 'node:timers/promises';
import { hasCome } from './foreign.ts';
import type { Reloads } from './reloads.ts';
import type { Revisions } from './revisions.ts';

/** How often servers are asked that have not said yet what they serve. */
const askAgainMs = 1_000;

/** Takes up what somebody else's servers serve once they say it; what stands on them is checked then. What it answers ends that. */
export function awaitForeign(revisions: Revisions, reloads: Reloads): () => void {
  const ended = new AbortController();
  const wait = async (): Promise<void> => {
    for (;;) {
      await setTimeout(askAgainMs, undefined, { ref: false, signal: ended.signal });
      const { services, catalog: current } = revisions.current;
      if (current.silent.length > 0 && (await hasCome(services, current.silent))) await reloads.again();
    }
  };
  // It has no other end than that, and what a reload is refused for is told by whoever asked for it.
  const start = (): void => void wait().catch(() => ended.signal.aborted || start());
  start();
  return () => ended.abort();
}
