import { Worker } from 'node:worker_threads';
import { type InferError, log } from '@sheaf/inference';
import type { FromThread, ToThread } from './database-thread.ts';
import { errorOf, type Failure, type Failures, failuresOf, type Kept } from './failures.ts';
import type { Operation, Reply } from './write-queue.ts';

export interface DatabaseWorkerOptions {
  readonly kept: Kept;
  /** Calls `serveDatabase`. */
  readonly module: URL;
  readonly workerData: unknown;
  /** The most operations that wait at once; more are refused. */
  readonly queueMax: number;
  /** Told the names of the marks that have another value. */
  readonly onChanged: (names: readonly string[]) => void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: InferError) => void;
}

/** A database's thread, as seen from outside: everything that is asked gets an answer, whatever becomes of the thread. */
export class DatabaseWorker {
  readonly #options: DatabaseWorkerOptions;
  readonly #failures: Failures;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #opening = Promise.withResolvers<void>();
  #nextId = 1;
  /** Why nothing more is taken. */
  #over: Failure | undefined;
  #cause: unknown;

  constructor(options: DatabaseWorkerOptions) {
    this.#options = options;
    this.#failures = failuresOf(options.kept);
    this.#worker = new Worker(options.module, { workerData: options.workerData });
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (error) => {
      log('state.failed', `the thread of the ${options.kept} failed`, {}, error);
      this.#cause = error;
    });
    this.#worker.on('exit', () => this.#end());
  }

  /** Resolves once the file is open. */
  get opened(): Promise<void> {
    return this.#opening.promise;
  }

  /** Resolves when the thread has gone, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  ask(name: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#over) return Promise.reject(errorOf(this.#over));
    if (this.#waiting.size >= this.#options.queueMax) return Promise.reject(errorOf(this.#failures.overloaded));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#tell({ id, name, args } satisfies Operation);
    });
  }

  /** What waits is done first. */
  close(): Promise<void> {
    if (!this.#over) {
      this.#over = this.#failures.closed;
      this.#tell('close');
    }
    return this.#ended.promise;
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case 'opened':
        this.#opening.resolve();
        return;
      case 'refused':
        // Told when the thread has gone: whoever hears it may try again at once.
        this.#over = message.failure;
        return;
      case 'turn':
        // First, so that who changed something finds it changed everywhere in this process.
        if (message.changed.length > 0) this.#options.onChanged(message.changed);
        for (const reply of message.replies) this.#settle(reply);
    }
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.result);
    else waiting?.reject(errorOf(reply.failure));
  }

  #end(): void {
    const failure = this.#over ?? this.#failures.lost;
    this.#over = failure;
    const lost = errorOf({ ...this.#failures.lost, log: String(this.#cause ?? 'the thread ended') });
    this.#opening.reject(failure === this.#failures.lost ? lost : errorOf(failure));
    for (const { reject } of this.#waiting.values()) reject(lost);
    this.#waiting.clear();
    this.#ended.resolve();
  }
}
