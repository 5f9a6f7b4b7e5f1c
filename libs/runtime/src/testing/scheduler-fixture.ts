/** What tests of the scheduler share. */
import { type CallContext, Journal, monotonicClock, type Tensor, tensorOf, trustedCaller } from '@sheaf/inference';
import { type BatchingOptions, queueDefault } from '../scheduler/call-queue.ts';
import type { ScheduledCall } from '../scheduler/scheduled-call.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { FakeWorker, valuesOf } from './fake-worker.ts';

export const greedy: BatchingOptions = { maxRows: 4, maxQueueDelayMs: 0, preferredRows: [], allowedRows: [] };

let leftovers = new AbortController();
/** Ends what a test leaves behind. */
export function endLeftovers(): void {
  leftovers.abort();
  leftovers = new AbortController();
}

export function contextOf(signal = leftovers.signal): CallContext {
  const journal = new Journal();
  const span = journal.start('request', 'test', undefined);
  return {
    clock: { ...monotonicClock, now: () => performance.now() },
    deadline: performance.now() + 60_000,
    signal,
    snapshot: { epoch: 0 },
    principal: trustedCaller,
    journal,
    span,
  };
}

export function callOf(values: readonly number[], changes: Partial<ScheduledCall> = {}): ScheduledCall {
  const input = tensorOf('x', 'FP32', [values.length], Float32Array.from(values));
  const own = {
    inputs: [input],
    outputs: ['y'],
    priority: 'standard' as const,
    level: 0,
    queueTimeoutMs: undefined,
    key: 'a',
    isolated: false,
    parameters: new Map(),
  };
  return { ...own, ...changes };
}

/** A scheduler, and what asks it. */
export function start(batching: BatchingOptions | null = greedy, workers = [new FakeWorker()], queueMax = 100) {
  const scheduler = new Scheduler({
    subject: 'model m/1',
    spanName: 'm/1',
    workers,
    batching: batching ?? undefined,
    queue: { ...queueDefault, callsMax: queueMax },
    outputBytesMax: 1_000,
  });
  const ask = (values: readonly number[], changes: Partial<ScheduledCall> = {}, context = contextOf()) => {
    const answer = scheduler.infer(callOf(values, changes), context).then(([output]) => valuesOf(output as Tensor));
    // A test that does not wait for it does not mind how it ends.
    answer.catch(() => {});
    return answer;
  };
  return { scheduler, ask, workers, worker: workers[0] as FakeWorker };
}
