/** Callers of large messages, most of whom mean no good, from a thread of their own. They ask the models `bytes` and `length`, whose `x` is UINT8 `[n]`. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface ByteFloodOptions {
  readonly port: number;
  /** API keys, taken in turn by its connections; none where nobody is asked. */
  readonly keys: readonly string[];
  /** Of a message. */
  readonly bytes: number;
  /** Calls that are whole, and whose answers are read. Each number of calls is a multiple of four, 0 unless given. */
  readonly decent?: number;
  /** Calls whose message lacks its last byte. */
  readonly shorts?: number;
  /** Calls whose message is twice as large once it is unpacked, and small before. */
  readonly bombs?: number;
  /** Calls whose answer is as large, and is not read. */
  readonly slowReaders?: number;
}

/** How many calls ended with which status, by its number. */
export type ByteFloodCounts = Record<string, number>;

/** Resolves when every call is over, of the slow readers when its answer has begun; closes all connections then. */
export async function byteFlood(options: ByteFloodOptions): Promise<ByteFloodCounts> {
  const thread = new Worker(new URL('byte-flood-thread.ts', import.meta.url), { workerData: options });
  const [counts] = (await once(thread, 'message')) as [ByteFloodCounts];
  await thread.terminate();
  return counts;
}
