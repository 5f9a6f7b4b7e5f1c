/** Tasks that must not run at the same time, of several askers who have turns: whoever asks often waits for others, and not they for them. */

export interface FairTurns {
  /** Settles as the task does, or rejects with the reason of `signal` where that comes before its turn. */
  take<T>(asker: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function createFairTurns(): FairTurns {
  /** In the order in which they have turns; an asker without a waiting task is not among them. */
  const waiting = new Map<string, (() => Promise<void>)[]>();
  let isRunning = false;
  const next = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    for (let [first] = waiting; first; [first] = waiting) {
      const [asker, tasks] = first;
      const task = tasks.shift();
      // To the end of the line, behind all others who wait.
      waiting.delete(asker);
      if (tasks.length > 0) waiting.set(asker, tasks);
      await task?.();
    }
    isRunning = false;
  };
  return {
    take: <T>(asker: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const run = async (): Promise<void> => {
        if (signal?.aborted) return;
        await task().then(resolve, reject);
      };
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      waiting.set(asker, [...(waiting.get(asker) ?? []), run]);
      void next();
      return promise;
    },
  };
}
