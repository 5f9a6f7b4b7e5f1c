/** A job as it is, and as it is after each change. */
import { isEnd, type JobRecord } from '../job.ts';
import type { JobStore } from '../job-store.ts';

/** What another process has changed is heard of soon; what is lost is found by this. Milliseconds. */
const lookAgainMs = 5_000;

/** Ends with the first record that is an end, when the job is gone, or when nobody waits any more. */
export async function* changesOf(
  store: Pick<JobStore, 'get' | 'onChange'>,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<JobRecord, void, undefined> {
  const bell = createBell(signal);
  const stop = store.onChange((changes) => {
    if (changes.some((change) => change.id === id)) bell.ring();
  });
  try {
    for (let last = ''; !signal.aborted; ) {
      const record = await store.get(id);
      if (!record) return;
      const now = JSON.stringify([record.state, record.attempt, record.progress, record.cancelAsked]);
      if (now !== last) yield record;
      if (isEnd(record.state)) return;
      last = now;
      await bell.rung(lookAgainMs);
    }
  } finally {
    stop();
    bell.close();
  }
}

/** Rings while nobody listens are heard by the next who does. */
function createBell(signal: AbortSignal) {
  let hasRung = false;
  let wake = (): void => {};
  const ring = (): void => {
    hasRung = true;
    wake();
  };
  signal.addEventListener('abort', ring);
  return {
    ring,
    rung: async (mostMs: number): Promise<void> => {
      if (!hasRung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, mostMs);
        wake = resolve;
        await promise;
        clearTimeout(timer);
      }
      hasRung = false;
    },
    close: () => signal.removeEventListener('abort', ring),
  };
}
