/** Calls that ask the same at the same time: one is made, and all of them have its answer. */
import { abortReason, CallCanceller, type CallContext, InferError, type InferResponse } from '@sheaf/inference';

export interface SharedCalls {
  /**
   * Answers what a call under way with this key answers, or makes one by `ask`. `onJoined` is told where there is one already. Whoever leaves has left alone:
   * the call is cancelled when nobody waits for it any more. One that was late is made anew for those who have more time than it had; every other error is
   * everybody's. What is more important than another call is not to be part of its key: it would share its refusals.
   */
  run(
    key: string,
    context: CallContext,
    ask: (context: CallContext) => Promise<InferResponse>,
    onJoined: () => void,
  ): Promise<InferResponse>;
}

interface Shared {
  readonly answer: Promise<InferResponse>;
  readonly canceller: CallCanceller;
  /** Of the caller that began it. */
  readonly deadline: number;
  waiting: number;
}

export function createSharedCalls(): SharedCalls {
  const underWay = new Map<string, Shared>();

  const begin = (key: string, context: CallContext, ask: (context: CallContext) => Promise<InferResponse>): Shared => {
    const canceller = new CallCanceller();
    const answer = ask({ ...context, signal: canceller });
    const shared: Shared = { answer, canceller, deadline: context.deadline, waiting: 0 };
    underWay.set(key, shared);
    const end = (): void => {
      if (underWay.get(key) === shared) underWay.delete(key);
    };
    answer.then(end, end);
    return shared;
  };

  /** Its answer, or an end of the waiting by the caller's own signal. */
  const wait = (key: string, shared: Shared, { signal }: CallContext): Promise<InferResponse> =>
    new Promise((resolve, reject) => {
      shared.waiting++;
      const onAbort = (): void => {
        if (--shared.waiting === 0) {
          // Nobody is to join what is about to end.
          if (underWay.get(key) === shared) underWay.delete(key);
          shared.canceller.abort(signal.reason);
        }
        reject(abortReason(signal));
      };
      const settle = (): void => signal.removeEventListener('abort', onAbort);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      shared.answer.then(
        (response) => {
          settle();
          resolve(response);
        },
        (error: unknown) => {
          settle();
          reject(error);
        },
      );
    });

  const run: SharedCalls['run'] = async (key, context, ask, onJoined) => {
    const before = underWay.get(key);
    if (!before) return wait(key, begin(key, context, ask), context);
    onJoined();
    try {
      return await wait(key, before, context);
    } catch (error) {
      const hadLess = isLate(error) && before.deadline < context.deadline;
      if (context.signal.aborted || !hadLess) throw error;
      return run(key, context, ask, onJoined);
    }
  };
  return { run };
}

const isLate = (error: unknown): boolean => error instanceof InferError && error.code === 'DEADLINE_EXCEEDED';
