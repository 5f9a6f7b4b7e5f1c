import { asInferError, type Infer, InferError, type InferErrorCode, log } from '@sheaf/inference';
import { type CallerContext, type InnerAnswer, type InnerCall, InnerCalls } from './inner-calls.ts';
import type { StartHost, TaskHost } from './task-host.ts';

/** What a worker of ours answers to a task. */
export type TaskReply<Result> =
  | { readonly id: number; readonly ok: true; readonly result: Result; readonly ms: number }
  | { readonly id: number; readonly ok: false; readonly failure: TaskFailure };

/** The host has loaded what it runs; or has failed to, and runs no task. */
export type Loaded = { readonly loaded: true } | { readonly loaded: false; readonly failure: TaskFailure };

/** Why a task failed, as data: errors lose their class between threads. */
export interface TaskFailure {
  readonly code: InferErrorCode;
  readonly message: string;
  /** Default: RUN_FAILED. */
  readonly reason?: string;
  /** For our logs only. */
  readonly log?: string;
}

/** What is heard of a worker of ours. */
export type TaskMessage<Result> = TaskReply<Result> | InnerCall | Loaded;

export interface TaskWorkerOptions<Result> {
  readonly start: StartHost<TaskMessage<Result>>;
  /** What runs there, as the error messages name it, e.g. `model digits/1`. */
  readonly subject: string;
  /** A task that takes longer is given up: see `overrun`. */
  readonly limitMs: number;
  /** A host that takes longer to load is given up alike. Default 600,000. */
  readonly loadLimitMs?: number;
  /**
   * `replace`: its host is ended and a new one takes over, which works for JavaScript only.
   * A function: the thread is in native code and cannot be stopped; called after the task has its answer, with what took too long.
   */
  readonly overrun: 'replace' | ((what: string) => void);
  /** Answers what a task asks while it runs. Default: tasks ask nothing. */
  readonly infer?: Infer;
}

/** What a task gave, and the milliseconds that it took in its thread. */
export interface Timed<Result> {
  readonly result: Result;
  readonly ms: number;
}

/** A large model on a busy machine, from a disk far away, takes minutes. */
const loadLimitMs = 600_000;

/** A timer that comes later than this says that the process did not run. */
const lateMaxMs = 1_000;

interface Task<Result> {
  readonly id: number;
  readonly resolve: (timed: Timed<Result>) => void;
  readonly reject: (error: InferError) => void;
  /** What it asks others while it runs. */
  readonly inner: InnerCalls | undefined;
}

/** One thread or process, which does one task at a time, in the order they came. */
export class TaskWorker<Result> {
  readonly #options: TaskWorkerOptions<Result>;
  /** Undefined where the last one was lost before it had loaded: the next task starts another. */
  #host: TaskHost | undefined;
  /** The first one runs, the others are with the thread already. */
  #tasks: Task<Result>[] = [];
  #limit: NodeJS.Timeout | undefined;
  #isLoading = true;
  readonly #loaded = Promise.withResolvers<void>();
  #nextId = 1;
  #closed = false;
  #onIdle: () => void = () => {};

  constructor(options: TaskWorkerOptions<Result>) {
    this.#options = options;
    this.#host = this.#spawn();
    // Whoever runs tasks without it hears of it by them.
    this.#loaded.promise.catch(() => {});
  }

  /** Resolves when its first host has loaded what it runs; rejects where that has failed, with what is for the log alone as the cause. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  run(payload: unknown, transfer: readonly ArrayBuffer[], caller?: CallerContext): Promise<Timed<Result>> {
    const { infer } = this.#options;
    return new Promise((resolve, reject) => {
      const inner = infer && caller ? new InnerCalls(infer, caller) : undefined;
      const task: Task<Result> = { id: this.#nextId++, resolve, reject, inner };
      this.#host ??= this.#spawn();
      // A message that is too large throws here: its task must not wait among the others for a reply that never comes.
      this.#host.post({ id: task.id, payload }, transfer);
      this.#tasks.push(task);
      if (this.#tasks.length === 1 && !this.#isLoading) this.#watch();
    });
  }

  /** Nobody waits for the running task any more; what can stop, stops. */
  cancel(): void {
    const [running] = this.#tasks;
    if (running) this.#host?.post({ id: running.id, cancel: true });
  }

  /**
   * Ends its host. A run in native code is waited for, since to terminate its thread would abort the process: whoever cannot wait has to kill
   * that.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#loaded.resolve();
    if (this.#tasks.length > 0 && this.#options.overrun !== 'replace')
      await new Promise<void>((resolve) => (this.#onIdle = resolve));
    clearTimeout(this.#limit);
    await this.#host?.end();
  }

  #spawn(): TaskHost {
    this.#isLoading = true;
    this.#watch();
    const host = this.#options.start({
      onMessage: (message) => {
        if ('loaded' in message) this.#begin(message);
        else if ('asks' in message) void this.#ask(host, message);
        else this.#finish(message);
      },
      onLost: (why) => this.#replace(why),
    });
    return host;
  }

  async #ask(host: TaskHost, call: InnerCall): Promise<void> {
    const task = this.#tasks.find(({ id }) => id === call.id);
    const answer = await task?.inner?.ask(call);
    if (!answer || host !== this.#host) return;
    try {
      host.post(answer.message, answer.transfer);
    } catch (error) {
      // The answer is too large to be sent; the task would wait for it until its limit.
      const { code, message } = asInferError(error);
      host.post({ id: call.id, answers: call.asks, code, message } satisfies InnerAnswer);
    }
  }

  #finish(reply: TaskReply<Result>): void {
    const [task] = this.#tasks;
    if (!task || task.id !== reply.id) return;
    clearTimeout(this.#limit);
    this.#tasks.shift();
    task.inner?.end();
    const [next] = this.#tasks;
    if (next) this.#watch();
    else this.#onIdle();
    if (reply.ok) task.resolve(reply);
    else task.reject(this.#logged(reply.failure));
  }

  #logged(failure: TaskFailure): InferError {
    const { subject } = this.#options;
    // What a caller's tensors made fail is the caller's to read; a log of it would be theirs to fill.
    if (failure.log && failure.code !== 'INVALID_ARGUMENT')
      log('run.failed', `${subject}: ${failure.log}`, { subject });
    return errorOf(failure);
  }

  /** Only now the first task runs, or is known never to. */
  #begin(outcome: Loaded): void {
    if (!outcome.loaded) {
      this.#replace(this.#logged(outcome.failure));
      return;
    }
    this.#isLoading = false;
    this.#loaded.resolve();
    clearTimeout(this.#limit);
    if (this.#tasks.length > 0) this.#watch();
  }

  /** Gives up loading, or the first task, when it takes too long. */
  #watch(): void {
    const limitMs = this.#isLoading ? (this.#options.loadLimitMs ?? loadLimitMs) : this.#options.limitMs;
    const due = performance.now() + limitMs;
    this.#limit = setTimeout(() => {
      // The process was stopped, and its thread with it: that has not had the time that has passed.
      if (performance.now() - due > lateMaxMs) this.#watch();
      else this.#overrun();
    }, limitMs);
  }

  #overrun(): void {
    const { subject, limitMs, loadLimitMs: loadMs = loadLimitMs, overrun } = this.#options;
    const [what, ms] = this.#isLoading ? ['loading it', loadMs] : ['a run', limitMs];
    const error = new InferError('INTERNAL', `${subject}: ${what} took longer than its limit of ${ms} ms`, {
      reason: 'RUN_LIMIT_EXCEEDED',
      ...(overrun === 'replace' ? {} : { endedRun: { run: undefined, calls: undefined } }),
      retryAfterMs: -1,
    });
    if (overrun === 'replace') {
      this.#replace(error);
      return;
    }
    this.#closed = true;
    this.#loaded.reject(error);
    const [running, ...waiting] = this.#tasks.splice(0);
    running?.reject(error);
    for (const { reject } of waiting) reject(notBegun(subject));
    overrun(what);
  }

  #replace(error: InferError): void {
    if (this.#closed) return;
    this.#loaded.reject(error);
    void this.#host?.end();
    clearTimeout(this.#limit);
    const [running, ...waiting] = this.#tasks.splice(0);
    running?.inner?.end();
    this.#onIdle();
    // What ends while it loads would end again, and again.
    this.#host = this.#isLoading ? undefined : this.#spawn();
    running?.reject(error);
    for (const { reject } of waiting) reject(notBegun(this.#options.subject));
  }
}

/** Makes an error of a failure; what is for our logs only is its cause. */
export const errorOf = ({ code, message, reason = 'RUN_FAILED', log: cause }: TaskFailure): InferError =>
  new InferError(code, message, { reason, retryAfterMs: -1, cause });

/** A task that was behind another one that took the thread with it. */
const notBegun = (subject: string): InferError =>
  new InferError('UNAVAILABLE', `${subject}: its worker was lost`, {
    reason: 'RESTARTING',
    progress: 'not-begun',
    retryAfterMs: 100,
  });
