import { abortReason, type CallContext } from '@sheaf/inference';

/** Waits, unless the caller leaves. */
export function pause(delayMs: number, { signal, clock }: CallContext): Promise<void> {
  if (signal.aborted) return Promise.reject(abortReason(signal));
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      stop();
      reject(abortReason(signal));
    };
    const stop = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
