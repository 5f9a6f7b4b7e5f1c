/** Calls as one run of a worker. */
import type { CallContext, Span, Tensor } from '@sheaf/inference';
import { packTensor, unpackTensor } from '../tasks/packed-tensor.ts';
import type { TensorTask } from '../tasks/task-thread.ts';
import { joinRows, splitRows } from './batch.ts';
import type { ScheduledCall } from './scheduled-call.ts';
import type { BatchWorker, EndedRun, SchedulerOptions } from './scheduler-options.ts';

export interface BatchedCall {
  readonly call: ScheduledCall;
  readonly context: CallContext;
  /** Undefined is alone. */
  readonly rows: number | undefined;
}

export interface BatchAnswers {
  readonly answers: (readonly Tensor[])[];
  /** What the run took in its thread; before, until its inputs were put together; and the rest. Milliseconds. */
  readonly ms: number;
  readonly inputMs: number;
  readonly outputMs: number;
}

/** Answers the outputs of each call, and the milliseconds that the run took in its thread. `span` is what a call that is alone may ask others under. */
export async function runBatch(
  calls: readonly BatchedCall[],
  worker: BatchWorker,
  span: Span,
  { batching, outputBytesMax }: SchedulerOptions,
): Promise<BatchAnswers> {
  const begunAt = performance.now();
  const [{ call, context, rows: firstRows }] = calls as readonly [BatchedCall, ...BatchedCall[]];
  const counts = calls.map(({ rows }) => rows ?? 0);
  const rows = counts.reduce((total, count) => total + count, 0);
  const padded = batching?.allowedRows.find((allowed) => allowed >= rows) ?? rows;
  const alone = calls.length === 1 && (padded === rows || firstRows === undefined);
  const inputs = alone
    ? call.inputs.map(packTensor)
    : joinRows(
        calls.map((one) => one.call.inputs),
        padded,
      );
  const task: TensorTask = { inputs, outputs: call.outputs, outputBytesMax: outputBytesMax * calls.length };
  const packedAt = performance.now();
  const caller = { context: { ...context, span }, parameters: call.parameters };
  const { result, ms } = await worker.run(
    task,
    inputs.map(({ memory }) => memory),
    alone ? caller : undefined,
  );
  const answers = alone ? [result.map(unpackTensor)] : splitRows(result, counts);
  return { answers, ms, inputMs: packedAt - begunAt, outputMs: Math.max(0, performance.now() - packedAt - ms) };
}

/** As whoever counts runs is told of one; `run` undefined: it failed. */
export const endedRun = (rows: number, requests: number, run: BatchAnswers | undefined): EndedRun => ({
  rows,
  requests,
  inputMs: run?.inputMs ?? 0,
  inferMs: run?.ms ?? 0,
  outputMs: run?.outputMs ?? 0,
  isFailed: run === undefined,
});
