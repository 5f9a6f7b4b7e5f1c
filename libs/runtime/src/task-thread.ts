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
  port.on('message', async (message: Message) => {
    const { id } = message;
    if ('cancel' in message) return running.get(id)?.abort();
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const result = await run(message.payload, controller.signal);
      const reply: TaskReply<readonly PackedTensor[]> = { id, ok: true, result };
      port.postMessage(reply, [...new Set(result.map(({ memory }) => memory))]);
    } catch (error) {
      const reply: TaskReply<never> = { id, ok: false, failure: knownFailure(error) ?? failureOf(error) };
      port.postMessage(reply);
    } finally {
      running.delete(id);
    }
  });
}

function knownFailure(error: unknown): TaskFailure | undefined {
  if (!(error instanceof InferError)) return undefined;
  const { code, message } = error;
  return code === 'INVALID_ARGUMENT' || code === 'RESOURCE_EXHAUSTED' || code === 'FAILED_PRECONDITION'
    ? { code, message }
    : undefined;
}
