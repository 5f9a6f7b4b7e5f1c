import { Worker } from 'node:worker_threads';
import { abortReason, type CallContext, checkAlive, deadlineExceeded, InferError, remainingMs } from '@sheaf/inference';

/** What a worker of ours answers to a task. */
export type TaskReply<Result> =
  | { readonly id: number; readonly ok: true; readonly result: Result }
  | { readonly id: number; readonly ok: false; readonly failure: TaskFailure };

/** Why a task failed, as data: errors lose their class between threads. */
export interface TaskFailure {
  readonly code: 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED' | 'INTERNAL' | 'FAILED_PRECONDITION';
  readonly message: string;
  /** For our logs only. */
  readonly log?: string;
}

export interface TaskWorkerOptions {
  readonly module: URL;
  readonly workerData: unknown;
  /** What runs there, as the error messages name it, e.g. `model digits/1`. */
  readonly subject: string;
  /** A task that takes longer is given up: see `overrun`. */
  readonly limitMs: number;
  /** Tasks that may wait; one more is refused with UNAVAILABLE. */
  readonly queueMax: number;
  /**
   * `replace`: the worker is terminated and a new one takes over, which works for JavaScript only.
   * A function: the thread is in native code and cannot be stopped; called once, after every waiting caller has its answer.
   */
  readonly overrun: 'replace' | (() => void);
}

interface Task<Result> {
  readonly id: number;
  readonly payload: unknown;
  readonly transfer: readonly ArrayBuffer[];
  readonly context: CallContext;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: InferError) => void;
  readonly release: () => void;
}

/**
 * One worker thread that does one task at a time, in order. A caller that leaves, or whose deadline passes, is answered at once;
 * a task that nobody waits for any more is never started.
 */
export class TaskWorker<Result> {
  readonly #options: TaskWorkerOptions;
  readonly #queue: Task<Result>[] = [];
  #worker: Worker;
  #running: Task<Result> | undefined;
  #limit: NodeJS.Timeout | undefined;
  #nextId = 1;
  #closed = false;
  #onIdle: () => void = () => {};

  constructor(options: TaskWorkerOptions) {
    this.#options = options;
    this.#worker = this.#spawn();
  }

  run(payload: unknown, transfer: readonly ArrayBuffer[], context: CallContext): Promise<Result> {
    const { subject, queueMax } = this.#options;
    checkAlive(context, subject);
    if (this.#closed) return Promise.reject(draining(subject));
    if (this.#queue.length >= queueMax) {
      const message = `${subject}: ${queueMax} requests already wait`;
      return Promise.reject(new InferError('UNAVAILABLE', message, { reason: 'OVERLOADED', retryAfterMs: 50 }));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const onAbort = (): void => this.#leave(task, abortReason(context.signal));
      const timer = setTimeout(() => this.#leave(task, deadlineExceeded(subject)), Math.max(0, remainingMs(context)));
      const release = (): void => {
        clearTimeout(timer);
        context.signal.removeEventListener('abort', onAbort);
      };
      const task: Task<Result> = { id, payload, transfer, context, resolve, reject, release };
      context.signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(task);
      this.#next();
    });
  }

  /**
   * Ends the thread; whatever still waits is refused. A run in native code is waited for, since to terminate its thread would abort the process:
   * whoever cannot wait has to kill that.
   */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#queue.splice(0)) this.#refuse(task, draining(this.#options.subject));
    if (this.#running && this.#options.overrun !== 'replace')
      await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.#worker.terminate();
  }

  #spawn(): Worker {
    const worker = new Worker(this.#options.module, { workerData: this.#options.workerData });
    worker.on('message', (reply: TaskReply<Result>) => this.#finish(reply));
    worker.on('error', (error) => {
      console.error(`${this.#options.subject}: its worker failed:`, error);
      this.#replace(new InferError('INTERNAL', `${this.#options.subject}: its worker failed`, { cause: error }));
    });
    return worker;
  }

  #next(): void {
    const task = this.#running ? undefined : this.#queue.shift();
    if (!task) return;
    this.#running = task;
    this.#limit = setTimeout(() => this.#overrun(task), this.#options.limitMs);
    this.#worker.postMessage({ id: task.id, payload: task.payload }, task.transfer);
  }

  #finish(reply: TaskReply<Result>): void {
    const task = this.#running;
    if (!task || task.id !== reply.id) return;
    this.#endRun();
    if (reply.ok) task.resolve(reply.result);
    else {
      // What a caller's tensors made fail is the caller's to read; a log of it would be theirs to fill.
      if (reply.failure.log && reply.failure.code !== 'INVALID_ARGUMENT')
        console.error(`${this.#options.subject}: ${reply.failure.log}`);
      task.reject(
        new InferError(reply.failure.code, reply.failure.message, { reason: 'RUN_FAILED', retryAfterMs: -1 }),
      );
    }
    task.release();
    this.#next();
  }

  #endRun(): void {
    clearTimeout(this.#limit);
    this.#running = undefined;
    this.#onIdle();
  }

  #refuse(task: Task<Result>, error: InferError): void {
    task.release();
    task.reject(error);
  }

  /** The caller gets its answer now. A task in the queue goes; one that runs goes on, and its result is dropped. */
  #leave(task: Task<Result>, error: InferError): void {
    const index = this.#queue.indexOf(task);
    if (index !== -1) this.#queue.splice(index, 1);
    else this.#worker.postMessage({ id: task.id, cancel: true });
    this.#refuse(task, error);
  }

  #overrun(task: Task<Result>): void {
    const { subject, limitMs, overrun } = this.#options;
    const error = new InferError('INTERNAL', `${subject}: a run took longer than its limit of ${limitMs} ms`, {
      reason: 'RUN_LIMIT_EXCEEDED',
      retryAfterMs: -1,
    });
    if (overrun === 'replace') {
      this.#replace(error);
      return;
    }
    this.#closed = true;
    this.#running = undefined;
    this.#refuse(task, error);
    const restarting = { reason: 'RESTARTING', retryAfterMs: 1000 };
    for (const waiting of this.#queue.splice(0)) {
      this.#refuse(waiting, new InferError('UNAVAILABLE', `${subject}: the service restarts`, restarting));
    }
    overrun();
  }

  #replace(error: InferError): void {
    if (this.#closed) return;
    const old = this.#worker;
    old.removeAllListeners();
    void old.terminate();
    this.#running?.release();
    this.#running?.reject(error);
    this.#endRun();
    this.#worker = this.#spawn();
    this.#next();
  }
}

const draining = (subject: string): InferError =>
  new InferError('UNAVAILABLE', `${subject} is shutting down`, { reason: 'DRAINING', retryAfterMs: 0 });
