/** A tenant that floods, from a thread of its own: what its clients cost must not be waited for by those that are measured beside it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Message } from './caller.ts';

export interface FloodOptions {
  readonly port: number;
  readonly key: string;
  readonly request: Message;
  readonly clients: number;
  /** A client that is refused calls again after about this time; one that is answered, at once. */
  readonly againMs: number;
}

export interface FloodCounts {
  answered: number;
  refused: number;
}

export class Flood implements AsyncDisposable {
  readonly #thread: Worker;

  constructor(options: FloodOptions) {
    this.#thread = new Worker(new URL('flood-thread.ts', import.meta.url), { workerData: options });
  }

  start(): void {
    this.#thread.postMessage('start');
  }

  /** Answers once the last call is over: what all of them came to since the start. */
  async stop(): Promise<FloodCounts> {
    this.#thread.postMessage('stop');
    const [clients] = (await once(this.#thread, 'message')) as [readonly FloodCounts[]];
    const sum = (of: keyof FloodCounts): number => clients.reduce((all, counts) => all + counts[of], 0);
    return { answered: sum('answered'), refused: sum('refused') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
  }
}
