import { Worker } from 'node:worker_threads';
import { InferError } from '@sheaf/inference';

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
  /**
   * `replace`: the worker is terminated and a new one takes over, which works for JavaScript only.
   * A function: the thread is in native code and cannot be stopped; called after the task has its answer.
   */
  readonly overrun: 'replace' | (() => void);
}

interface Task<Result> {
  readonly id: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: InferError) => void;
}

/** One worker thread, which does one task at a time. */
export class TaskWorker<Result> {
  readonly #options: TaskWorkerOptions;
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

  /** Whoever asks sees to it that the one before has ended. */
  run(payload: unknown, transfer: readonly ArrayBuffer[]): Promise<Result> {
    return new Promise((resolve, reject) => {
      const task: Task<Result> = { id: this.#nextId++, resolve, reject };
      this.#running = task;
      this.#limit = setTimeout(() => this.#overrun(task), this.#options.limitMs);
      this.#worker.postMessage({ id: task.id, payload }, transfer);
    });
  }

  /** Nobody waits for the running task any more; what can stop, stops. */
  cancel(): void {
    if (this.#running) this.#worker.postMessage({ id: this.#running.id, cancel: true });
  }

  /**
   * Ends the thread. A run in native code is waited for, since to terminate its thread would abort the process: whoever cannot wait has to kill
   * that.
   */
  async close(): Promise<void> {
    this.#closed = true;
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

  #finish(reply: TaskReply<Result>): void {
    const task = this.#running;
    if (!task || task.id !== reply.id) return;
    this.#endRun();
    if (reply.ok) {
      task.resolve(reply.result);
      return;
    }
    const { code, message, log } = reply.failure;
    // What a caller's tensors made fail is the caller's to read; a log of it would be theirs to fill.
    if (log && code !== 'INVALID_ARGUMENT') console.error(`${this.#options.subject}: ${log}`);
    task.reject(new InferError(code, message, { reason: 'RUN_FAILED', retryAfterMs: -1 }));
  }

  #endRun(): void {
    clearTimeout(this.#limit);
    this.#running = undefined;
    this.#onIdle();
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
    task.reject(error);
    overrun();
  }

  #replace(error: InferError): void {
    if (this.#closed) return;
    const old = this.#worker;
    old.removeAllListeners();
    void old.terminate();
    const task = this.#running;
    this.#endRun();
    this.#worker = this.#spawn();
    task?.reject(error);
  }
}
