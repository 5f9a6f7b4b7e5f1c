/** Answers in memory: those that were not used for longest go first. */
import type { InferResponse, Tensor } from '@sheaf/inference';
import { LRUCache } from 'lru-cache';

export interface KeptAnswer {
  readonly response: InferResponse;
  /** When it was kept, in milliseconds of the clock of its call. */
  readonly keptAt: number;
}

export interface AnswerStore {
  /** Undefined where there is none, or its time is up. */
  get(key: string, now: number): KeptAnswer | undefined;
  /** `now` and `keepMs` in milliseconds. One that would take more than a quarter of the store is not kept. */
  put(key: string, response: InferResponse, now: number, keepMs: number): void;
  readonly bytes: number;
  readonly entries: number;
  /** How many had to go before their time since others needed the room. */
  readonly evicted: number;
}

/** What an answer takes beside its tensors: its key, its parameters, and the objects around them. */
const overheadBytes = 1_024;

type Timed = KeptAnswer & { readonly until: number };

/** `bytesMax` of 0 keeps nothing. */
export function createAnswerStore(bytesMax: number): AnswerStore {
  let evicted = 0;
  const answers = new LRUCache<string, Timed>({
    maxSize: Math.max(1, bytesMax),
    maxEntrySize: Math.max(1, Math.floor(bytesMax / 4)),
    sizeCalculation: ({ response }) => sizeOf(response),
    dispose: (_answer, _key, reason) => {
      if (reason === 'evict') evicted++;
    },
  });
  return {
    get: (key, now) => {
      const answer = answers.get(key);
      if (answer && answer.until > now) return answer;
      if (answer) answers.delete(key);
      return undefined;
    },
    put: (key, response, now, keepMs) => {
      answers.set(key, { response: copyOf(response), keptAt: now, until: now + keepMs });
    },
    get bytes() {
      return answers.calculatedSize;
    },
    get entries() {
      return answers.size;
    },
    get evicted() {
      return evicted;
    },
  };
}

const sizeOf = ({ outputs }: InferResponse): number =>
  outputs.reduce((sum, { data }) => sum + data.byteLength, overheadBytes);

/** Tensors are views on the message that they came in, which would stay in memory with them. */
const copyOf = (response: InferResponse): InferResponse => ({
  ...response,
  outputs: response.outputs.map((output): Tensor => ({ ...output, data: new Uint8Array(output.data) })),
});
