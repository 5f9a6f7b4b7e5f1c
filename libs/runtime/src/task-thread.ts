import { parentPort } from 'node:worker_threads';
import { InferError } from '@sheaf/inference';
import type { PackedTensor } from './packed-tensor.ts';
import type { TaskFailure, TaskReply } from './task-worker.ts';

export interface TensorTask {
  readonly inputs: readonly PackedTensor[];
  /** Names wanted, in order; never empty. */
  readonly outputs: readonly string[];
  /** Bytes that the outputs may take together. */
  readonly outputBytesMax: number;
}

type Message = { readonly id: number; readonly payload: TensorTask } | { readonly id: number; readonly cancel: true };

/** The thread's side of a TaskWorker: runs each task, transfers back what it made, turns errors into data. */
export function serveTasks(
  run: (task: TensorTask, signal: AbortSignal) => Promise<readonly PackedTensor[]>,
  failureOf: (error: unknown) => TaskFailure,
): void {
  const port = parentPort;
  if (!port) throw new Error('this module runs in a worker thread only');
  const running = new Map<number, AbortController>();
  const execute = async (id: number, task: TensorTask, signal: AbortSignal): Promise<void> => {
    try {
      const startedAt = performance.now();
      const result = await run(task, signal);
      const ms = performance.now() - startedAt;
      const reply: TaskReply<readonly PackedTensor[]> = { id, ok: true, result, ms };
      port.postMessage(reply, [...new Set(result.map(({ memory }) => memory))]);
    } catch (error) {
      const reply: TaskReply<never> = { id, ok: false, failure: knownFailure(error) ?? failureOf(error) };
      port.postMessage(reply);
    } finally {
      running.delete(id);
    }
  };
  // One after the other, as they come.
  let last = Promise.resolve();
  port.on('message', (message: Message) => {
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

function knownFailure(error: unknown): TaskFailure | undefined {
  if (!(error instanceof InferError)) return undefined;
  const { code, message } = error;
  return code === 'INVALID_ARGUMENT' || code === 'RESOURCE_EXHAUSTED' || code === 'FAILED_PRECONDITION'
    ? { code, message }
    : undefined;
}
