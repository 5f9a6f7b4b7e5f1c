/** Between the calls for one model version and the workers that run it: gathers calls into batches. */
import { randomUUID } from 'node:crypto';
import {
  type CallContext,
  checkAlive,
  deadlineExceeded,
  InferError,
  type Load,
  monotonicClock,
  type Span,
  type Tensor,
} from '@sheaf/inference';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { type BatchingOptions, CallQueue } from './call-queue.ts';
import { CostLine, rowsWorthARun } from './cost-line.ts';
import { entriesMissingDeadline, latest, type Pace, surelyInTime } from './forecast.ts';
import { endsProcess, ofRun, overrunCall } from './overrun.ts';
import { createEntry, type QueueEntry } from './queue-entry.ts';
import { type BatchAnswers, endedRun, runBatch } from './run-batch.ts';
import { overloaded, type ScheduledCall, shuttingDown } from './scheduled-call.ts';
import type { BatchWorker, SchedulerOptions, Standing } from './scheduler-options.ts';
import { WorkerSlot } from './worker-slot.ts';

interface Batch {
  readonly entries: readonly QueueEntry[];
  readonly rows: number;
  /** Runs that went on when it was begun, itself included. */
  readonly atOnce: number;
}

type Slot = WorkerSlot<Batch>;

/**
 * Workers pull from it: whenever one is free, and the limit of runs at once lets it, it takes what waits, in the order of the queue, as many rows of one kind
 * as a batch may have. A batch that would gain little by more rows is sent ahead while another one runs, so that the worker goes from one to the next.
 * A caller that leaves, or whose time is up, is answered at once, and its call is never run if it has not begun. So is who waits too many, and who cannot
 * be served in time any more.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #slots: Slot[];
  readonly #queue: CallQueue<QueueEntry>;
  /** Halves of batches that failed for the sake of some input. */
  readonly #halves: (readonly QueueEntry[])[] = [];
  /** Of the runs in their threads. */
  readonly #costs = new CostLine();
  /** Of the time that they have a worker to themselves: with what goes on around them, and so what others wait for. */
  readonly #occupancy = new CostLine();
  readonly #limit: AdaptiveLimit;
  readonly #now: () => number;
  /** Calls that are not answered yet. */
  #calls = 0;
  #due: NodeJS.Immediate | undefined;
  #wait: NodeJS.Timeout | undefined;
  #refusal: InferError | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#slots = options.workers.map((worker) => new WorkerSlot<Batch>(worker));
    this.#queue = new CallQueue(options.queue);
    this.#limit = new AdaptiveLimit(options.workers.length, options.adaptiveLimit ?? true);
    const { clock = monotonicClock } = options;
    this.#now = () => clock.now();
  }

  infer(call: ScheduledCall, context: CallContext): Promise<readonly Tensor[]> {
    checkAlive(context, this.#options.subject);
    if (this.#refusal) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) => {
      const entry = createEntry(call, context, this.#options, {
        resolve,
        reject,
        onLeave: (left, error) => this.#leave(left, error),
        onQueueTimeout: (left, error) => this.#leaveQueue(left, error),
      });
      this.#queue.add(entry);
      this.#calls++;
      this.#shed(entry);
      if (entry.left) return;
      // Calls that came in one read of a socket come in one turn of the loop, and go as one batch.
      this.#due ??= setImmediate(() => this.#dispatch());
    });
  }

  /** Requests that wait, runs that go on, and the most of each that may. */
  get standing(): Standing {
    const runs = { running: this.#running, runsMax: this.#limit.runs, workers: this.#slots.length };
    return { waiting: this.#queue.size, waitingMax: this.#options.queue.callsMax, ...runs };
  }

  get load(): Load {
    const utilization = Math.min(1, this.#queue.size / this.#options.queue.callsMax);
    return { calls: this.#calls, ...this.#costs.cost, utilization };
  }

  /** Refuses what waits, now and from now on; what runs goes on. */
  refuse(error: InferError): void {
    this.#refusal = error;
    const waiting = [...this.#queue.drain(), ...this.#halves.splice(0).flat()];
    for (const entry of waiting) this.#settle(entry, () => entry.reject(error));
    clearTimeout(this.#wait);
  }

  /** Refuses what waits and matters least, for the sake of the rest: this process is about to end, and another may have time for it. */
  shedForDrain(): void {
    for (const entry of this.#queue.waiting('sheddable')) this.#leave(entry, shuttingDown(this.#options.subject));
  }

  /** Answers all calls, now and from now on, since the process is about to end: those that run with `running`, the others with `waiting`. */
  abandon(running: InferError, waiting: InferError): void {
    this.refuse(waiting);
    // What was sent ahead has not begun.
    for (const { batches } of this.#slots)
      for (const [index, { entries }] of batches.entries())
        for (const entry of entries) this.#settle(entry, () => entry.reject(index === 0 ? running : waiting));
  }

  /** Has `next` run what `old` would have from now on; resolves when what `old` has begun is done. */
  async replace(old: BatchWorker, next: BatchWorker): Promise<void> {
    const slot = this.#slots.find(({ worker }) => worker === old);
    if (!slot) return;
    this.#slots[this.#slots.indexOf(slot)] = new WorkerSlot(next);
    this.#dispatch();
    if (slot.batches.length > 0) await new Promise<void>((resolve) => (slot.onEmpty = resolve));
  }

  async close(): Promise<void> {
    const { subject } = this.#options;
    this.refuse(shuttingDown(subject));
    await Promise.all(this.#slots.map(({ worker }) => worker.close()));
  }

  /** Answers those whose time is up, refuses those that cannot be served in time, and then whoever waits too many; a newcomer only comes in with some time to spare. */
  #shed(newcomer?: QueueEntry): void {
    const { subject, spanName, queue, random = Math.random } = this.#options;
    const pace = this.#pace();
    // A timer comes late when the process is busy.
    if (this.#queue.soonest <= pace.now)
      for (const entry of [...this.#queue.inOrder()].filter(({ deadline }) => deadline <= pace.now))
        this.#leave(entry, deadlineExceeded(subject));
    const by = Math.min(this.#queue.soonest, newcomer ? latest(newcomer, pace.now, true) : Number.POSITIVE_INFINITY);
    if (!surelyInTime(this.#queue.size, this.#queue.rows, pace, by))
      for (const entry of entriesMissingDeadline(this.#queue.inOrder(), pace, newcomer))
        this.#leave(entry, overloaded(subject, spanName, 'it cannot be served before its deadline', random));
    const { surplus } = this.#queue;
    if (surplus) this.#leave(surplus, overloaded(subject, spanName, `${queue.callsMax} calls already wait`, random));
  }

  #pace(): Pace {
    const now = this.#now();
    const { cost } = this.#occupancy;
    const busyMs = this.#slots.map((slot) => slot.busyMs(cost, now)).sort((a, b) => b - a);
    // Of more workers than may run at once, some that are free stay so.
    busyMs.length = Math.max(this.#limit.runs, this.#running);
    return { now, cost, maxRows: this.#options.batching?.maxRows ?? 1, busyMs };
  }

  #dispatch(): void {
    clearImmediate(this.#due);
    this.#due = undefined;
    clearTimeout(this.#wait);
    if (this.#queue.size > 0) this.#shed();
    while (this.#running < this.#limit.runs) {
      const slot = this.#free(0);
      if (!slot) break;
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

  get #running(): number {
    return this.#slots.reduce((count, { batches }) => count + Math.sign(batches.length), 0);
  }

  #free(batches: number): Slot | undefined {
    return this.#slots.find((slot) => slot.batches.length === batches);
  }

  async #run(entries: readonly QueueEntry[], slot: Slot): Promise<void> {
    const rows = entries.reduce((total, entry) => total + (entry.rows ?? 1), 0);
    const batch: Batch = { entries, rows, atOnce: this.#running + (slot.batches.length === 0 ? 1 : 0) };
    slot.begin(batch, this.#now());
    const spans = this.#startSpans(batch);
    let outcome: () => void;
    let run: BatchAnswers | undefined;
    try {
      const answered = await runBatch(entries, slot.worker, spans[0] as Span, this.#options);
      run = answered;
      outcome = () => this.#resolve(entries, spans, answered);
    } catch (error) {
      outcome = () => this.#fail(entries, spans, error);
    }
    const tookMs = slot.end(batch, this.#now());
    if (run) this.#learn(batch, run.ms, tookMs);
    this.#options.onRun?.(endedRun(rows, entries.length, run));
    // Before the answers, so that the worker does not wait for them to be written.
    if (this.#halves.length === 0) this.#dispatch();
    outcome();
    this.#dispatch();
  }

  #learn({ rows, atOnce }: Batch, runMs: number, tookMs: number): void {
    this.#costs.add(rows, runMs);
    this.#occupancy.add(rows, Math.max(runMs, tookMs));
    this.#limit.add(rows, runMs, atOnce);
  }

  /** The first call's span has the batch; it links to those of the others. */
  #startSpans({ entries, rows }: Batch): readonly Span[] {
    const { spanName, runAttributes } = this.#options;
    const attributes = { 'sheaf.batch.rows': rows, 'sheaf.batch.calls': entries.length, ...runAttributes };
    const spans = entries.map(({ context, queueSpan }) => {
      context.journal.end(queueSpan);
      return context.journal.start('run', spanName, context.span, attributes);
    });
    const [first, ...others] = spans;
    return first ? [{ ...first, links: others }, ...others] : [];
  }

  #resolve(
    entries: readonly QueueEntry[],
    spans: readonly Span[],
    { answers, ms, inputMs, outputMs }: BatchAnswers,
  ): void {
    const { fixedMs, rowMs } = this.#costs.cost;
    const known = fixedMs + rowMs > 0 ? { 'sheaf.cost.fixed_ms': fixedMs, 'sheaf.cost.row_ms': rowMs } : {};
    const split = { 'sheaf.run.ms': ms, 'sheaf.run.input_ms': inputMs, 'sheaf.run.output_ms': outputMs };
    const attributes = { ...split, ...known };
    for (const [index, entry] of entries.entries()) {
      entry.context.journal.end(spans[index] as Span, 'OK', undefined, attributes);
      this.#settle(entry, () => entry.resolve(answers[index] ?? []));
    }
  }

  #fail(entries: readonly QueueEntry[], spans: readonly Span[], error: unknown): void {
    const { code, message, reason } =
      error instanceof InferError ? error : new InferError('INTERNAL', 'internal error');
    for (const [index, entry] of entries.entries()) entry.context.journal.end(spans[index] as Span, code, message);
    // The inputs of one call may make a run fail, or its outputs have other rows; the others are not to suffer for it.
    const mayBeOfOne = ['INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED'].includes(code) || reason === 'OUTPUT_MISMATCH';
    if (entries.length > 1 && mayBeOfOne && !this.#refusal) {
      const middle = entries.length >> 1;
      this.#halves.push(entries.slice(0, middle), entries.slice(middle));
      return;
    }
    const told = endsProcess(error) ? this.#tellOverrun(entries, error) : error;
    for (const entry of entries) this.#settle(entry, () => entry.reject(told));
  }

  #tellOverrun(entries: readonly QueueEntry[], error: InferError): InferError {
    const run = randomUUID();
    this.#options.onOverrun?.(run, entries.map(overrunCall));
    return ofRun(error, run, entries.length);
  }

  #leaveQueue(entry: QueueEntry, error: InferError): void {
    if (this.#queue.has(entry)) this.#leave(entry, error);
  }

  #leave(entry: QueueEntry, error: InferError): void {
    if (this.#queue.remove(entry)) {
      entry.context.journal.end(entry.queueSpan, error.code, error.message);
    }
    this.#settle(entry, () => entry.reject(error));
    for (const { worker, batches } of this.#slots)
      if (batches[0]?.entries.includes(entry) && batches[0].entries.every(({ left }) => left)) worker.cancel();
  }

  #settle(entry: QueueEntry, answer: () => void): void {
    if (entry.left) return;
    entry.left = true;
    this.#calls--;
    entry.release();
    answer();
  }
}
