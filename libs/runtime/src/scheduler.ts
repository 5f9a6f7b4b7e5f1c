/** Between the calls for one model version and the workers that run it: gathers calls into batches. */
import {
  abortReason,
  type CallContext,
  checkAlive,
  deadlineExceeded,
  InferError,
  remainingMs,
  type Span,
  type Tensor,
} from '@sheaf/inference';
import { joinRows, splitRows } from './batch.ts';
import { type BatchingOptions, CallQueue, type Waiting } from './call-queue.ts';
import { type PackedTensor, packTensor, unpackTensor } from './packed-tensor.ts';
import type { TensorTask } from './task-thread.ts';

/** What runs batches: one at a time each. */
export interface BatchWorker {
  run(task: TensorTask, transfer: readonly ArrayBuffer[]): Promise<readonly PackedTensor[]>;
  cancel(): void;
  close(): Promise<void>;
}

export interface SchedulerOptions {
  /** As the messages name it, e.g. `model digits/1`. */
  readonly subject: string;
  /** As the spans name it, e.g. `digits/1`. */
  readonly spanName: string;
  readonly workers: readonly BatchWorker[];
  /** Undefined runs every call alone. */
  readonly batching: BatchingOptions | undefined;
  /** Calls that may wait; one more is refused. */
  readonly queueMax: number;
  /** Bytes that the outputs of one call may take. */
  readonly outputBytesMax: number;
}

export interface ScheduledCall {
  readonly inputs: readonly Tensor[];
  /** Names wanted, in order; never empty. */
  readonly outputs: readonly string[];
  /** 1 is the highest, larger numbers come later, 0 after all of them. */
  readonly priority: number;
  /** Longest time in the queue; undefined waits until the deadline. */
  readonly queueTimeoutMs: number | undefined;
  /** Calls are batched with those of the same key only. */
  readonly key: string;
}

interface Entry extends Waiting {
  readonly call: ScheduledCall;
  readonly context: CallContext;
  readonly queueSpan: Span;
  readonly resolve: (outputs: readonly Tensor[]) => void;
  readonly reject: (error: unknown) => void;
  readonly release: () => void;
  left: boolean;
}

interface Batch {
  readonly entries: readonly Entry[];
  readonly worker: BatchWorker;
}

/**
 * Workers pull from it: whenever one is free it takes what waits, oldest first within the highest priority, as many rows of one kind as a batch may have.
 * A caller that leaves, or whose time is up, is answered at once, and its call is never run if it has not begun.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #idle: BatchWorker[];
  readonly #queue = new CallQueue<Entry>();
  /** Halves of batches that failed for the sake of some input. */
  readonly #halves: (readonly Entry[])[] = [];
  readonly #running = new Set<Batch>();
  #due: NodeJS.Immediate | undefined;
  #wait: NodeJS.Timeout | undefined;
  #refusal: InferError | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#idle = [...options.workers];
  }

  infer(call: ScheduledCall, context: CallContext): Promise<readonly Tensor[]> {
    const { subject, queueMax } = this.#options;
    checkAlive(context, subject);
    if (this.#refusal) return Promise.reject(this.#refusal);
    if (this.#queue.size >= queueMax) {
      const message = `${subject}: ${queueMax} requests already wait`;
      return Promise.reject(new InferError('UNAVAILABLE', message, { reason: 'OVERLOADED', retryAfterMs: 50 }));
    }
    return new Promise((resolve, reject) => {
      const entry = this.#entry(call, context, resolve, reject);
      this.#queue.add(entry);
      // Calls that came in one read of a socket come in one turn of the loop, and go as one batch.
      this.#due ??= setImmediate(() => this.#dispatch());
    });
  }

  /** Refuses what waits, now and from now on; what runs goes on. */
  refuse(error: InferError): void {
    this.#refusal = error;
    const waiting = [...this.#queue.drain(), ...this.#halves.splice(0).flat()];
    for (const entry of waiting) this.#settle(entry, () => entry.reject(error));
    clearTimeout(this.#wait);
  }

  async close(): Promise<void> {
    const { subject, workers } = this.#options;
    this.refuse(new InferError('UNAVAILABLE', `${subject} is shutting down`, { reason: 'DRAINING', retryAfterMs: 0 }));
    await Promise.all(workers.map((worker) => worker.close()));
  }

  #entry(call: ScheduledCall, context: CallContext, resolve: Entry['resolve'], reject: Entry['reject']): Entry {
    const { subject, spanName, batching } = this.#options;
    const enqueuedAt = context.clock.now();
    const onAbort = (): void => this.#leave(entry, abortReason(context.signal));
    const untilDeadlineMs = Math.max(0, remainingMs(context));
    const deadline = setTimeout(() => this.#leave(entry, deadlineExceeded(subject)), untilDeadlineMs);
    const timeout =
      call.queueTimeoutMs === undefined || call.queueTimeoutMs >= untilDeadlineMs
        ? undefined
        : setTimeout(
            () => this.#leaveQueue(entry, queueTimedOut(subject, call.queueTimeoutMs ?? 0)),
            call.queueTimeoutMs,
          );
    const entry: Entry = {
      call,
      key: call.key,
      rows: batching ? rowsOf(call) : undefined,
      priority: call.priority === 0 ? Number.POSITIVE_INFINITY : call.priority,
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

  #dispatch(): void {
    this.#due = undefined;
    clearTimeout(this.#wait);
    while (this.#idle.length > 0) {
      const half = this.#halves.shift()?.filter(({ left }) => !left);
      const entries = half ?? this.#queue.take(this.#options.batching);
      if (typeof entries === 'number') {
        this.#wait = setTimeout(() => this.#dispatch(), entries);
        return;
      }
      if (entries.length > 0) void this.#run(entries, this.#idle.pop() as BatchWorker);
      else if (!half) return;
    }
  }

  async #run(entries: readonly Entry[], worker: BatchWorker): Promise<void> {
    const batch: Batch = { entries, worker };
    this.#running.add(batch);
    const spans = this.#startSpans(entries);
    let outcome: () => void;
    try {
      const answers = await this.#answer(entries, worker);
      outcome = () => this.#resolve(entries, spans, answers);
    } catch (error) {
      outcome = () => this.#fail(entries, spans, error);
    }
    this.#running.delete(batch);
    this.#idle.push(worker);
    outcome();
    this.#dispatch();
  }

  async #answer(entries: readonly Entry[], worker: BatchWorker): Promise<(readonly Tensor[])[]> {
    const [{ call }] = entries as readonly [Entry, ...Entry[]];
    const counts = entries.map((entry) => entry.rows ?? 0);
    const rows = counts.reduce((total, count) => total + count, 0);
    const { batching, outputBytesMax } = this.#options;
    const padded = batching?.allowedRows.find((allowed) => allowed >= rows) ?? rows;
    const alone = entries.length === 1 && (padded === rows || entries[0]?.rows === undefined);
    const inputs = alone
      ? call.inputs.map(packTensor)
      : joinRows(
          entries.map((entry) => entry.call.inputs),
          padded,
        );
    const task: TensorTask = { inputs, outputs: call.outputs, outputBytesMax: outputBytesMax * entries.length };
    const outputs = await worker.run(
      task,
      inputs.map(({ memory }) => memory),
    );
    return alone ? [outputs.map(unpackTensor)] : splitRows(outputs, counts);
  }

  /** The first call's span has the batch; it links to those of the others. */
  #startSpans(entries: readonly Entry[]): readonly Span[] {
    const { spanName } = this.#options;
    const rows = entries.reduce((total, entry) => total + (entry.rows ?? 1), 0);
    const attributes = { 'sheaf.batch.rows': rows, 'sheaf.batch.calls': entries.length };
    const spans = entries.map(({ context, queueSpan }) => {
      context.journal.end(queueSpan);
      return context.journal.start('run', spanName, context.span, attributes);
    });
    const [first, ...others] = spans;
    return first ? [{ ...first, links: others }, ...others] : [];
  }

  #resolve(entries: readonly Entry[], spans: readonly Span[], answers: readonly (readonly Tensor[])[]): void {
    for (const [index, entry] of entries.entries()) {
      entry.context.journal.end(spans[index] as Span);
      this.#settle(entry, () => entry.resolve(answers[index] ?? []));
    }
  }

  #fail(entries: readonly Entry[], spans: readonly Span[], error: unknown): void {
    const { code, message } = error instanceof InferError ? error : new InferError('INTERNAL', 'internal error');
    for (const [index, entry] of entries.entries()) entry.context.journal.end(spans[index] as Span, code, message);
    // The inputs of one call may make a run fail; the others are not to suffer for it.
    if (entries.length > 1 && (code === 'INVALID_ARGUMENT' || code === 'RESOURCE_EXHAUSTED') && !this.#refusal) {
      const middle = entries.length >> 1;
      this.#halves.push(entries.slice(0, middle), entries.slice(middle));
      return;
    }
    for (const entry of entries) this.#settle(entry, () => entry.reject(error));
  }

  #leaveQueue(entry: Entry, error: InferError): void {
    if (this.#queue.has(entry)) this.#leave(entry, error);
  }

  #leave(entry: Entry, error: InferError): void {
    if (this.#queue.remove(entry)) {
      entry.context.journal.end(entry.queueSpan, error.code, error.message);
    }
    this.#settle(entry, () => entry.reject(error));
    for (const { entries, worker } of this.#running)
      if (entries.includes(entry) && entries.every(({ left }) => left)) worker.cancel();
  }

  #settle(entry: Entry, answer: () => void): void {
    if (entry.left) return;
    entry.left = true;
    entry.release();
    answer();
  }
}

/** Rows are those of every input; a call whose inputs differ is for the model to judge, and no other may suffer for it. */
function rowsOf({ inputs }: ScheduledCall): number | undefined {
  const [rows, ...others] = inputs.map(({ shape }) => shape[0]);
  return others.every((other) => other === rows) ? rows : undefined;
}

const queueTimedOut = (subject: string, timeoutMs: number): InferError =>
  new InferError('UNAVAILABLE', `${subject}: it waited longer than its time-out of ${timeoutMs} ms`, {
    reason: 'QUEUE_TIMEOUT',
    retryAfterMs: -1,
  });
