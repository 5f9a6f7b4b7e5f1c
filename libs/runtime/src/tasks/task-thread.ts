import { parentPort } from 'node:worker_threads';
import { InferError } from '@sheaf/inference';
import type { InnerAnswer, InnerCall } from './inner-calls.ts';
import type { PackedTensor } from './packed-tensor.ts';
import type { Loaded, TaskFailure, TaskReply } from './task-worker.ts';

export interface TensorTask {
  readonly inputs: readonly PackedTensor[];
  /** Names wanted, in order; never empty. */
  readonly outputs: readonly string[];
  /** Bytes that the outputs may take together. */
  readonly outputBytesMax: number;
}

type Message =
  | { readonly id: number; readonly payload: TensorTask }
  | { readonly id: number; readonly cancel: true }
  | InnerAnswer;

/** Questions that one task may have open. */
const innerCallsMax = 64;

/** Asks another model of the mesh, for the task that runs. */
export type AskOther = (
  model: string,
  inputs: readonly PackedTensor[],
  outputs: readonly string[],
) => Promise<readonly PackedTensor[]>;

/** What a task asked has failed; the task fails alike unless it catches this. */
class InnerCallError extends InferError {}

/** The way to the TaskWorker and back. */
export interface TaskPort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  on(event: 'message', hear: (message: Message) => void): unknown;
}

/** The other side of a TaskWorker: runs each task, transfers back what it made, turns errors into data. `loaded` is over when the first may run; where it rejects, none will. `port` is by default that of the thread. */
export function serveTasks(
  run: (task: TensorTask, signal: AbortSignal, ask: AskOther) => Promise<readonly PackedTensor[]>,
  failureOf: (error: unknown) => TaskFailure,
  loaded: Promise<unknown>,
  port: TaskPort | null = parentPort,
): void {
  if (!port) throw new Error('want a port where this is no worker thread');
  const tell = (outcome: Loaded): void => port.postMessage(outcome, []);
  const failed = (error: unknown): TaskFailure => knownFailure(error) ?? failureOf(error);
  loaded.then(
    () => tell({ loaded: true }),
    (error: unknown) => tell({ loaded: false, failure: failed(error) }),
  );
  const running = new Map<number, AbortController>();
  const { ask, hear, forget } = createQuestions(port);
  const execute = async (id: number, task: TensorTask, signal: AbortSignal): Promise<void> => {
    try {
      const startedAt = performance.now();
      const result = await run(task, signal, (model, inputs, outputs) => ask(id, model, inputs, outputs));
      const ms = performance.now() - startedAt;
      const reply: TaskReply<readonly PackedTensor[]> = { id, ok: true, result, ms };
      port.postMessage(reply, [...new Set(result.map(({ memory }) => memory))]);
    } catch (error) {
      const reply: TaskReply<never> = { id, ok: false, failure: failed(error) };
      port.postMessage(reply, []);
    } finally {
      running.delete(id);
      forget();
    }
  };
  // One after the other, as they come.
  let last = Promise.resolve();
  port.on('message', (message: Message) => {
    if ('answers' in message) {
      hear(message);
      return;
    }
    const { id } = message;
    if ('cancel' in message) {
      running.get(id)?.abort();
      return;
    }
    const controller = new AbortController();
    running.set(id, controller);
    last = last.then(() => execute(id, message.payload, controller.signal));
  });
}

/** Asks others over the port for one task after the other; `forget` drops what a task that is over has asked. */
function createQuestions(port: TaskPort): {
  ask(id: number, ...question: Parameters<AskOther>): ReturnType<AskOther>;
  hear(answer: InnerAnswer): void;
  forget(): void;
} {
  const open = new Map<number, PromiseWithResolvers<readonly PackedTensor[]> & { readonly model: string }>();
  let lastAsked = 0;
  return {
    ask: async (id, model, inputs, outputs) => {
      if (open.size >= innerCallsMax) throw new RangeError(`more than ${innerCallsMax} questions are open`);
      const call: InnerCall = { id, asks: ++lastAsked, model, inputs, outputs };
      port.postMessage(call, [...new Set(inputs.map(({ memory }) => memory))]);
      const answer = Promise.withResolvers<readonly PackedTensor[]>();
      open.set(call.asks, { ...answer, model });
      return answer.promise;
    },
    hear: (answer) => {
      const waiting = open.get(answer.answers);
      open.delete(answer.answers);
      if (!('code' in answer)) waiting?.resolve(answer.outputs);
      else waiting?.reject(new InnerCallError(answer.code, `${waiting.model}: ${answer.message}`));
    },
    forget: () => open.clear(),
  };
}

function knownFailure(error: unknown): TaskFailure | undefined {
  if (!(error instanceof InferError)) return undefined;
  const { code, message } = error;
  if (error instanceof InnerCallError) return { code, message };
  return code === 'INVALID_ARGUMENT' || code === 'RESOURCE_EXHAUSTED' || code === 'FAILED_PRECONDITION'
    ? { code, message }
    : undefined;
}
