import { parentPort } from 'node:worker_threads';
import { InferError, type InferErrorCode } from '@sheaf/inference';
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

/** The other side of a TaskWorker: runs each task, transfers back what it made, turns errors into data. `loaded` is over when the first may run. `port` is by default that of the thread. */
export function serveTasks(
  run: (task: TensorTask, signal: AbortSignal, ask: AskOther) => Promise<readonly PackedTensor[]>,
  failureOf: (error: unknown) => TaskFailure,
  loaded: Promise<unknown>,
  port: TaskPort | null = parentPort,
): void {
  if (!port) throw new Error('want a port where this is no worker thread');
  const tellLoaded = (): void => port.postMessage({ loaded: true } satisfies Loaded, []);
  // What it failed for is told to each task.
  loaded.then(tellLoaded, tellLoaded);
  const running = new Map<number, AbortController>();
  const open = new Map<
    number,
    { resolve: (outputs: readonly PackedTensor[]) => void; reject: (error: Error) => void }
  >();
  let lastAsked = 0;
  const ask = (id: number, ...[model, inputs, outputs]: Parameters<AskOther>): ReturnType<AskOther> =>
    new Promise((resolve, reject) => {
      if (open.size >= innerCallsMax) throw new RangeError(`more than ${innerCallsMax} questions are open`);
      const call: InnerCall = { id, asks: ++lastAsked, model, inputs, outputs };
      const named = (code: InferErrorCode, message: string) => new InnerCallError(code, `${model}: ${message}`);
      open.set(call.asks, {
        resolve,
        reject: (error) => reject(error instanceof InferError ? named(error.code, error.message) : error),
      });
      port.postMessage(call, [...new Set(inputs.map(({ memory }) => memory))]);
    });
  const hear = (answer: InnerAnswer): void => {
    const waiting = open.get(answer.answers);
    open.delete(answer.answers);
    if ('code' in answer) waiting?.reject(new InferError(answer.code, answer.message));
    else waiting?.resolve(answer.outputs);
  };
  const execute = async (id: number, task: TensorTask, signal: AbortSignal): Promise<void> => {
    try {
      const startedAt = performance.now();
      const result = await run(task, signal, (model, inputs, outputs) => ask(id, model, inputs, outputs));
      const ms = performance.now() - startedAt;
      const reply: TaskReply<readonly PackedTensor[]> = { id, ok: true, result, ms };
      port.postMessage(reply, [...new Set(result.map(({ memory }) => memory))]);
    } catch (error) {
      const reply: TaskReply<never> = { id, ok: false, failure: knownFailure(error) ?? failureOf(error) };
      port.postMessage(reply, []);
    } finally {
      running.delete(id);
      open.clear();
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

function knownFailure(error: unknown): TaskFailure | undefined {
  if (!(error instanceof InferError)) return undefined;
  const { code, message } = error;
  if (error instanceof InnerCallError) return { code, message };
  return code === 'INVALID_ARGUMENT' || code === 'RESOURCE_EXHAUSTED' || code === 'FAILED_PRECONDITION'
    ? { code, message }
    : undefined;
}
