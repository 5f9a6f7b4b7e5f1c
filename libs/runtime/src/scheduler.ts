/** Between the calls for one model version and the workers that run it: gathers calls into batches. */
import {
  abortReason,
  type CallContext,
  checkAlive,
  deadlineExceeded,
  InferError,
  type Load,
  remainingMs,
  type Span,
  type Tensor,
} from '@sheaf/inference';
import { joinRows, splitRows } from './batch.ts';
import { type BatchingOptions, CallQueue, type Waiting } from './call-queue.ts';
import { CostLine, rowsWorthARun } from './cost-line.ts';
import { packTensor, unpackTensor } from './packed-tensor.ts';
import { queueTimedOut, rowsOf, type ScheduledCall } from './scheduled-call.ts';
import type { BatchWorker, SchedulerOptions } from './scheduler-options.ts';
import type { TensorTask } from './task-thread.ts';

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
  readonly rows: number;
}

/** A worker, and what it was given: the batch that runs, and at most one behind it. */
interface Slot {
  readonly worker: BatchWorker;
  readonly batches: Batch[];
  onEmpty: () => void;
}

/**
 * Workers pull from it: whenever one is free it takes what waits, oldest first within the highest priority, as many rows of one kind as a batch may have.
 * A batch that would gain little by more rows is sent ahead while another one runs, so that the worker goes from one to the next.
 * A caller that leaves, or whose time is up, is answered at once, and its call is never run if it has not begun.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #slots: Slot[];
  readonly #queue = new CallQueue<Entry>();
  /** Halves of batches that failed for the sake of some input. */
  readonly #halves: (readonly Entry[])[] = [];
  readonly #costs = new CostLine();
  /** Calls that are not answered yet. */
  #calls = 0;
  #due: NodeJS.Immediate | undefined;
  #wait: NodeJS.Timeout | undefined;
  #refusal: InferError | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#slots = options.workers.map((worker) => ({ worker, batches: [], onEmpty: () => {} }));
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
      this.#calls++;
      // Calls that came in one read of a socket come in one turn of the loop, and go as one batch.
      this.#due ??= setImmediate(() => this.#dispatch());
    });
  }

  get load(): Load {
    return { calls: this.#calls, ...this.#costs.cost };
  }

  /** Refuses what waits, now and from now on; what runs goes on. */
  refuse(error: InferError): void {
    this.#refusal = error;
    const waiting = [...this.#queue.drain(), ...this.#halves.splice(0).flat()];
    for (const entry of waiting) this.#settle(entry, () => entry.reject(error));
    clearTimeout(this.#wait);
  }

  /** Has `next` run what `old` would have from now on; resolves when what `old` has begun is done. */
  async replace(old: BatchWorker, next: BatchWorker): Promise<void> {
    const slot = this.#slots.find(({ worker }) => worker === old);
    if (!slot) return;
    this.#slots[this.#slots.indexOf(slot)] = { worker: next, batches: [], onEmpty: () => {} };
    this.#dispatch();
    if (slot.batches.length > 0) await new Promise<void>((resolve) => (slot.onEmpty = resolve));
  }

  async close(): Promise<void> {
    const { subject } = this.#options;
    this.refuse(new InferError('UNAVAILABLE', `${subject} is shutting down`, { reason: 'DRAINING', retryAfterMs: 0 }));
    await Promise.all(this.#slots.map(({ worker }) => worker.close()));
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
    clearImmediate(this.#due);
    this.#due = undefined;
    clearTimeout(this.#wait);
    for (let slot = this.#free(0); slot; slot = this.#free(0)) {
      const half = this.#halves.shift()?.filter(({ left }) => !left);
      const entries = half ?? this.#queue.take(this.#options.batching);
      if (typeof entries === 'number') {
        this.#wait = setTimeout(() => this.#dispatch(), entries);
        return;
      }
      if (entries.length > 0) void this.#run(entries, slot);
      else if (!half) return;
    }
    if (this.#options.batching) this.#sendAhead(this.#options.batching);
  }

  #sendAhead(batching: BatchingOptions): void {
    const worth = rowsWorthARun(this.#costs.cost, batching.maxRows);
    for (let slot = this.#free(1); slot; slot = this.#free(1)) {
      const rowsMin = Math.max(slot.batches[0]?.rows ?? 1, worth);
      if (this.#queue.rows < rowsMin) return;
      const entries = this.#queue.take(batching, rowsMin);
      if (typeof entries === 'number' || entries.length === 0) return;
      void this.#run(entries, slot);
    }
  }

  #free(batches: number): Slot | undefined {
    return this.#slots.find((slot) => slot.batches.length === batches);
  }

  async #run(entries: readonly Entry[], slot: Slot): Promise<void> {
    const batch: Batch = { entries, rows: entries.reduce((total, { rows }) => total + (rows ?? 1), 0) };
    slot.batches.push(batch);
    const spans = this.#startSpans(batch);
    let outcome: () => void;
    try {
      const { answers, ms } = await this.#answer(entries, slot.worker, spans[0] as Span);
      this.#costs.add(batch.rows, ms);
      outcome = () => this.#resolve(entries, spans, answers, ms);
    } catch (error) {
      outcome = () => this.#fail(entries, spans, error);
    }
    slot.batches.splice(slot.batches.indexOf(batch), 1);
    if (slot.batches.length === 0) slot.onEmpty();
    // Before the answers, so that the worker does not wait for them to be written.
    if (this.#halves.length === 0) this.#dispatch();
    outcome();
    this.#dispatch();
  }

  async #answer(
    entries: readonly Entry[],
    worker: BatchWorker,
    span: Span,
  ): Promise<{ answers: (readonly Tensor[])[]; ms: number }> {
    const [{ call, context }] = entries as readonly [Entry, ...Entry[]];
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
    const asker = { context: { ...context, span }, parameters: call.parameters };
    const { result, ms } = await worker.run(
      task,
      inputs.map(({ memory }) => memory),
      alone ? asker : undefined,
    );
    return { answers: alone ? [result.map(unpackTensor)] : splitRows(result, counts), ms };
  }

  /** The first call's span has the batch; it links to those of the others. */
  #startSpans({ entries, rows }: Batch): readonly Span[] {
    const { spanName } = this.#options;
    const attributes = { 'sheaf.batch.rows': rows, 'sheaf.batch.calls': entries.length };
    const spans = entries.map(({ context, queueSpan }) => {
      context.journal.end(queueSpan);
      return context.journal.start('run', spanName, context.span, attributes);
    });
    const [first, ...others] = spans;
    return first ? [{ ...first, links: others }, ...others] : [];
  }

  #resolve(
    entries: readonly Entry[],
    spans: readonly Span[],
    answers: readonly (readonly Tensor[])[],
    ms: number,
  ): void {
    const { fixedMs, rowMs } = this.#costs.cost;
    const known = fixedMs + rowMs > 0 ? { 'sheaf.cost.fixed_ms': fixedMs, 'sheaf.cost.row_ms': rowMs } : {};
    const attributes = { 'sheaf.run.ms': ms, ...known };
    for (const [index, entry] of entries.entries()) {
      entry.context.journal.end(spans[index] as Span, 'OK', undefined, attributes);
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
    for (const { worker, batches } of this.#slots)
      if (batches[0]?.entries.includes(entry) && batches[0].entries.every(({ left }) => left)) worker.cancel();
  }

  #settle(entry: Entry, answer: () => void): void {
    if (entry.left) return;
    entry.left = true;
    this.#calls--;
    entry.release();
    answer();
  }
}
