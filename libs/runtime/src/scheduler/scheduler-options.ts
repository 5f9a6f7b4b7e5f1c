import type { Clock, Tensor } from '@sheaf/inference';
import type { CallerContext } from '../tasks/inner-calls.ts';
import type { PackedTensor } from '../tasks/packed-tensor.ts';
import type { TensorTask } from '../tasks/task-thread.ts';
import type { Timed } from '../tasks/task-worker.ts';
import type { BatchingOptions, QueueOptions } from './call-queue.ts';

/** What runs batches: one at a time each, in the order they came. */
export interface BatchWorker {
  /** `caller` is the call that the task is of, when it is of one only: what the task asks others is asked for that call. */
  run(
    task: TensorTask,
    transfer: readonly ArrayBuffer[],
    caller?: CallerContext,
  ): Promise<Timed<readonly PackedTensor[]>>;
  cancel(): void;
  close(): Promise<void>;
}

/** One call of such a run. */
export interface OverrunCall {
  readonly inputs: readonly Tensor[];
  /** The id of its principal; '' where nobody knows. */
  readonly caller: string;
}

/** What a run took; milliseconds, 0 of one that failed. */
export interface EndedRun {
  readonly rows: number;
  readonly requests: number;
  /** Until its inputs were put together. */
  readonly inputMs: number;
  /** In its thread or process. */
  readonly inferMs: number;
  /** The way there and back, and until its outputs were taken apart. */
  readonly outputMs: number;
  readonly isFailed: boolean;
}

/** How a version stands now. */
export interface Standing {
  /** Requests that wait for their run, and the most that may. */
  readonly waiting: number;
  readonly waitingMax: number;
  /** Workers that run something, that may run at once, and that are there. */
  readonly running: number;
  readonly runsMax: number;
  readonly workers: number;
}

export interface SchedulerOptions {
  /** As the messages name it, e.g. `model digits/1`. */
  readonly subject: string;
  /** As the spans name it, e.g. `digits/1`. */
  readonly spanName: string;
  readonly workers: readonly BatchWorker[];
  /** Undefined runs every call alone. */
  readonly batching: BatchingOptions | undefined;
  /** What the span of each run says beside its rows and calls. */
  readonly runAttributes?: Readonly<Record<string, string>>;
  readonly queue: QueueOptions;
  /** Default true: how many of the workers run at once is learned. False: all of them. */
  readonly adaptiveLimit?: boolean;
  /** Told of each call of a run that passed its limit and takes its process with it, also of those that have left. */
  readonly onOverrun?: (run: string, calls: readonly OverrunCall[]) => void;
  /** Told of each run when it has ended. */
  readonly onRun?: ((run: EndedRun) => void) | undefined;
  /** Bytes that the outputs of one call may take. */
  readonly outputBytesMax: number;
  /** Default: the real one. */
  readonly clock?: Pick<Clock, 'now'>;
  /** Gives numbers in [0, 1), for the pushback of those that are refused. Default `Math.random`. */
  readonly random?: () => number;
}
