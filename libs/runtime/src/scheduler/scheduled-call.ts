import { InferError, type Parameters, type Priority, type Tensor } from '@sheaf/inference';

/** A call as the scheduler takes it. */
export interface ScheduledCall {
  readonly inputs: readonly Tensor[];
  /** Names wanted, in order; never empty. */
  readonly outputs: readonly string[];
  readonly priority: Priority;
  /** Within its class: 1 is the highest, larger numbers come later, 0 after all of them. */
  readonly level: number;
  /** Longest time in the queue; undefined waits until the deadline. */
  readonly queueTimeoutMs: number | undefined;
  /** Calls are batched with those of the same key only. */
  readonly key: string;
  /** It shares its run with no other. */
  readonly isolated: boolean;
  /** The request's parameters, for what is asked on its behalf. */
  readonly parameters: Parameters;
}

/** Rows are those of every input; a call whose inputs differ, or that has none, is for the model to judge, and no other may suffer for it. */
export function rowsOf({ inputs }: ScheduledCall): number | undefined {
  const [rows, ...others] = inputs.map(({ shape }) => shape[0]);
  return rows !== 0 && others.every((other) => other === rows) ? rows : undefined;
}

export const queueTimedOut = (subject: string, timeoutMs: number): InferError =>
  new InferError('UNAVAILABLE', `${subject}: it waited longer than its time-out of ${timeoutMs} ms`, {
    reason: 'QUEUE_TIMEOUT',
    retryAfterMs: -1,
  });

/** Who is refused because there is too much to do may come again soon, and not all at the same moment. */
const [pushbackMinMs, pushbackMaxMs] = [10, 100];

/** `why` follows the subject, such as `256 calls already wait`. */
export function overloaded(subject: string, spanName: string, why: string, random: () => number): InferError {
  const retryAfterMs = Math.round(pushbackMinMs + random() * (pushbackMaxMs - pushbackMinMs));
  return new InferError('UNAVAILABLE', `${subject}: ${why}`, {
    reason: 'OVERLOADED',
    decision: `load:${spanName}`,
    progress: 'not-begun',
    retryAfterMs,
  });
}

/** What waits has not begun, and may be tried elsewhere. */
export const shuttingDown = (subject: string): InferError =>
  new InferError('UNAVAILABLE', `${subject} is shutting down`, {
    reason: 'DRAINING',
    progress: 'not-begun',
    retryAfterMs: 0,
  });
