import { abortReason, checkAlive, deadlineExceeded, type Layer, remainingMs } from '@sheaf/inference';

/**
 * Answers at the deadline whatever happens below, and tells what is below to stop: its signal is aborted when the time is up or the caller leaves.
 * `where` names the hop in the error.
 */
export function enforceDeadline(where: string): Layer {
  return (next) => (request, context) => {
    checkAlive(context, where);
    const controller = new AbortController();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        context.signal.removeEventListener('abort', onAbort);
      };
      const fail = (error: unknown): void => {
        settle();
        reject(error);
      };
      const stop = (error: unknown): void => {
        controller.abort(error);
        fail(error);
      };
      const onAbort = (): void => stop(abortReason(context.signal));
      const timer = setTimeout(() => stop(deadlineExceeded(where)), remainingMs(context));
      context.signal.addEventListener('abort', onAbort, { once: true });
      try {
        next(request, { ...context, signal: controller.signal }).then((response) => {
          settle();
          resolve(response);
        }, fail);
      } catch (error) {
        fail(error);
      }
    });
  };
}
