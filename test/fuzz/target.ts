/** Whatever takes messages: a decoder by itself, or a method of a server. */
import { Worker } from 'node:worker_threads';
import { decoders, type Timed } from './decoders.ts';
import type { Message, readGrammar } from './grammar.ts';

export interface Target {
  /** For whoever reads or replays a fault. */
  readonly name: string;
  readonly message: Message;
  /** The largest that it is sent, when unpacked. */
  readonly bytesMax: number;
  /** Below this a time is the machine's doing, not the message's. */
  readonly floorMs: number;
  /** Rejects when there is no answer in time, which is a fault as well. */
  readonly send: (message: Buffer) => Promise<Timed>;
}

/** No decoder takes so long for a message of the largest size. */
const silentMs = 20_000;

export class Decoders implements AsyncDisposable {
  #worker: Worker | undefined;

  targets(grammar: ReturnType<typeof readGrammar>, bytesMax: number): Target[] {
    return Object.keys(decoders).map((name) => ({
      name: `decoder ${name}`,
      message: grammar.message(name),
      bytesMax,
      floorMs: 40,
      send: (message) => this.#decode(name, message),
    }));
  }

  async #decode(decoder: string, message: Buffer): Promise<Timed> {
    this.#worker ??= new Worker(new URL('./decode-thread.ts', import.meta.url));
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<Timed>();
    const timer = setTimeout(() => reject(new Error(`no end within ${silentMs} ms`)), silentMs);
    worker.once('message', resolve).once('error', reject);
    worker.postMessage({ decoder, message });
    try {
      return await promise;
    } catch (error) {
      this.#worker = undefined;
      await worker.terminate();
      throw error;
    } finally {
      clearTimeout(timer);
      worker.off('message', resolve).off('error', reject);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }
}
