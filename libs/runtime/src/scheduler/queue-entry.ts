/** A call that waits for its run, or has it: with everything that may end it before. */
import {
  abortReason,
  type CallContext,
  deadlineExceeded,
  type InferError,
  remainingMs,
  type Span,
  type Tensor,
} from '@sheaf/inference';
import type { Waiting } from './call-queue.ts';
import { queueTimedOut, rowsOf, type ScheduledCall } from './scheduled-call.ts';
import type { SchedulerOptions } from './scheduler-options.ts';

export interface QueueEntry extends Waiting {
  readonly call: ScheduledCall;
  readonly context: CallContext;
  readonly queueSpan: Span;
  readonly resolve: (outputs: readonly Tensor[]) => void;
  readonly reject: (error: unknown) => void;
  /** Ends its timers and listeners. */
  readonly release: () => void;
  left: boolean;
}

export interface EntryEnds {
  readonly resolve: QueueEntry['resolve'];
  readonly reject: QueueEntry['reject'];
  /** Its caller left, or its time is up. */
  readonly onLeave: (entry: QueueEntry, error: InferError) => void;
  /** It has waited as long as its caller lets it; what runs goes on. */
  readonly onQueueTimeout: (entry: QueueEntry, error: InferError) => void;
}

export function createEntry(
  call: ScheduledCall,
  context: CallContext,
  { subject, spanName, batching }: SchedulerOptions,
  { resolve, reject, onLeave, onQueueTimeout }: EntryEnds,
): QueueEntry {
  const enqueuedAt = context.clock.now();
  const onAbort = (): void => onLeave(entry, abortReason(context.signal));
  const untilDeadlineMs = Math.max(0, remainingMs(context));
  const deadline = setTimeout(() => onLeave(entry, deadlineExceeded(subject)), untilDeadlineMs);
  const { queueTimeoutMs } = call;
  const timeout =
    queueTimeoutMs === undefined || queueTimeoutMs >= untilDeadlineMs
      ? undefined
      : setTimeout(() => onQueueTimeout(entry, queueTimedOut(subject, queueTimeoutMs)), queueTimeoutMs);
  const entry: QueueEntry = {
    call,
    key: call.key,
    isolated: call.isolated,
    rows: batching ? rowsOf(call) : undefined,
    priority: call.priority,
    level: call.level === 0 ? Number.POSITIVE_INFINITY : call.level,
    deadline: context.deadline,
    context,
    waitedMs: () => context.clock.now() - enqueuedAt,
    queueSpan: context.journal.start('queue', spanName, context.span),
    resolve,
    reject,
    release: () => {
      clearTimeout(deadline);
      clearTimeout(timeout);
      context.signal.removeEventListener('abort', onAbort);
    },
    left: false,
  };
  context.signal.addEventListener('abort', onAbort, { once: true });
  return entry;
}
