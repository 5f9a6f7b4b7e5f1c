/** Tells listeners which jobs changed, each change once. */
import type { JobChange, JobStore } from '../job-store.ts';

export interface Changes {
  readonly onChange: JobStore['onChange'];
  /** Something may have changed: it is asked what. */
  readonly look: () => void;
  readonly close: () => void;
}

export interface ChangesSource {
  /** The number of the last change. */
  readonly last: () => Promise<number>;
  /** What came after. */
  readonly after: (last: number) => Promise<{ readonly last: number; readonly changes: readonly JobChange[] }>;
}

export function createChanges(source: ChangesSource): Changes {
  const listeners = new Set<{ readonly tell: (changes: readonly JobChange[]) => void }>();
  /** Whoever listens hears of what comes after. Undefined while nobody does. */
  let last: Promise<number> | undefined;
  let [isLooking, isDue] = [false, false];
  const lookOnce = async (): Promise<void> => {
    last ??= source.last();
    const found = await source.after(await last);
    last = Promise.resolve(found.last);
    if (found.changes.length === 0) return;
    // Each in a turn of its own: one that throws must not keep the others from hearing of it.
    for (const listener of listeners)
      queueMicrotask(() => {
        if (listeners.has(listener)) listener.tell(found.changes);
      });
  };
  const look = async (): Promise<void> => {
    isDue = true;
    if (isLooking) return;
    isLooking = true;
    while (isDue && listeners.size > 0) {
      isDue = false;
      // A look that fails is made up for by the next one, which asks from the same number on.
      await lookOnce().catch(() => {});
    }
    isLooking = false;
  };
  return {
    onChange: (tell) => {
      const listener = { tell };
      if (listeners.size === 0) {
        last = source.last();
        last.catch(() => {
          last = undefined;
        });
      }
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    look: () => void look(),
    close: () => listeners.clear(),
  };
}
