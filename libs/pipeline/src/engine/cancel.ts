import { abortReason, CallCanceller, type CallContext, deadlineExceeded } from '@sheaf/inference';

/**
 * Gives `work` a signal that ends with the caller's, as soon as any part of `work` fails, and when all of it has ended. When the caller leaves
 * that is the answer at once: what is asked may be deaf to its signal.
 */
export async function cancelTogether<T>(context: CallContext, work: (context: CallContext) => Promise<T>): Promise<T> {
  // A signal that is aborted already has no event to come.
  if (context.signal.aborted) throw abortReason(context.signal);
  const canceller = new CallCanceller();
  let onAbort = (): void => {};
  const left = new Promise<never>((_, reject) => {
    onAbort = () => {
      const reason = abortReason(context.signal);
      reject(reason);
      canceller.abort(reason);
    };
  });
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work({ ...context, signal: canceller }), left]);
  } finally {
    canceller.abort();
    context.signal.removeEventListener('abort', onAbort);
  }
}

/** Gives `work` until `deadline`, which is not behind the call's own, and answers when that is up. */
export async function until<T>(
  deadline: number,
  where: string,
  context: CallContext,
  work: (context: CallContext) => Promise<T>,
): Promise<T> {
  let stop = (): void => {};
  const late = new Promise<never>((_, reject) => {
    stop = context.clock.after(deadline - context.clock.now(), () => reject(deadlineExceeded(where)));
  });
  try {
    return await cancelTogether(context, (inner) => Promise.race([work({ ...inner, deadline }), late]));
  } finally {
    stop();
  }
}

/** Leaves what comes later so much time; but never takes more than half of what there is for an estimate's sake. */
export function withReserve(context: CallContext, reservedMs: number): CallContext {
  if (reservedMs <= 0) return context;
  const half = (context.deadline + context.clock.now()) / 2;
  return { ...context, deadline: Math.max(context.deadline - reservedMs, half) };
}
