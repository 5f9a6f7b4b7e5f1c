import { Worker } from 'node:worker_threads';
import { type InferError, log } from '@sheaf/inference';
import { failures, type StateFailure, stateError } from './failures.ts';
import type { FromThread, ToThread } from './state-thread.ts';
import type { Tables } from './tables.ts';
import type { Operation, Reply } from './write-queue.ts';

export interface StateWorkerOptions {
  readonly module: URL;
  readonly workerData: unknown;
  readonly queueMax: number;
  readonly onKeysChanged: () => void;
  readonly onAuditChanged: () => void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: InferError) => void;
}

/** The state's thread, as seen from outside: everything that is asked gets an answer, whatever becomes of the thread. */
export class StateWorker {
  readonly #options: StateWorkerOptions;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #opening = Promise.withResolvers<void>();
  #nextId = 1;
  /** Why nothing more is taken. */
  #over: StateFailure | undefined;
  #cause: unknown;

  constructor(options: StateWorkerOptions) {
    this.#options = options;
    this.#worker = new Worker(options.module, { workerData: options.workerData });
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (error) => {
      log('state.failed', 'the thread of the state failed', {}, error);
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

  ask(name: keyof Tables, args: readonly unknown[]): Promise<unknown> {
    if (this.#over) return Promise.reject(stateError(this.#over));
    if (this.#waiting.size >= this.#options.queueMax) return Promise.reject(stateError(failures.overloaded));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#tell({ id, name, args } satisfies Operation);
    });
  }

  /** What waits is done first. */
  close(): Promise<void> {
    if (!this.#over) {
      this.#over = failures.closed;
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
        // First, so that who changed a key finds it changed everywhere in this process.
        if (message.keysChanged) this.#options.onKeysChanged();
        if (message.auditChanged) this.#options.onAuditChanged();
        for (const reply of message.replies) this.#settle(reply);
    }
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.result);
    else waiting?.reject(stateError(reply.failure));
  }

  #end(): void {
    const failure = this.#over ?? failures.lost;
    this.#over = failure;
    const lost = stateError({ ...failures.lost, log: String(this.#cause ?? 'the thread ended') });
    this.#opening.reject(failure === failures.lost ? lost : stateError(failure));
    for (const { reject } of this.#waiting.values()) reject(lost);
    this.#waiting.clear();
    this.#ended.resolve();
  }
}
