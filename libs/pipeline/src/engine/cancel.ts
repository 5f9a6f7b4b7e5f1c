import { abortReason, type CallContext, deadlineExceeded } from '@sheaf/inference';

/** Gives `work` a signal that ends with the caller's, as soon as any part of `work` fails, and when all of it has ended. */
export async function cancelTogether<T>(context: CallContext, work: (context: CallContext) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(abortReason(context.signal));
  // A signal that is aborted already has no event to come.
  if (context.signal.aborted) onAbort();
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work({ ...context, signal: controller.signal });
  } finally {
    controller.abort();
    context.signal.removeEventListener('abort', onAbort);
  }
}

/** Caps a step's time inside the call's deadline, and answers when it is up. */
export async function withTimeout<T>(
  timeoutMs: number | undefined,
  where: string,
  context: CallContext,
  work: (context: CallContext) => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return work(context);
  return cancelTogether(context, async (inner) => {
    const deadline = Math.min(context.deadline, context.clock.now() + timeoutMs);
    let stop = (): void => {};
    const late = new Promise<never>((_, reject) => {
      stop = context.clock.after(deadline - context.clock.now(), () => reject(deadlineExceeded(where)));
    });
    try {
      return await Promise.race([work({ ...inner, deadline }), late]);
    } finally {
      stop();
    }
  });
}

/** Leaves what comes later the time that it usually takes; but never takes more than half of what there is for an estimate's sake. */
export function withReserve(context: CallContext, reservedMs: number): CallContext {
  if (reservedMs <= 0) return context;
  const half = (context.deadline + context.clock.now()) / 2;
  return { ...context, deadline: Math.max(context.deadline - reservedMs, half) };
}
