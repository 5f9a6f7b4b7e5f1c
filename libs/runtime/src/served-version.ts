import {
  type CallContext,
  checkRequest,
  type Infer,
  InferError,
  type InferRequest,
  type InferResponse,
  type Load,
  log,
  type Overrun,
  requestDigest,
  type Signature,
  type Tensor,
} from '@sheaf/inference';
import type { BatchingOptions, QueueOptions } from './scheduler/call-queue.ts';
import { scheduledCall } from './scheduler/schedule-request.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import type { SchedulerOptions, Standing } from './scheduler/scheduler-options.ts';
import { type MemoryTerms, memoryTerms } from './session/memory-terms.ts';
import { type MemoryBudget, watchMemory } from './session/memory-watch.ts';
import type { ModelFiles } from './session/model-files.ts';
import type { Provider } from './session/providers.ts';
import type { SessionThreadData } from './session/session-thread.ts';
import type { PackedTensor } from './tasks/packed-tensor.ts';
import { inThread } from './tasks/task-host.ts';
import { type TaskMessage, TaskWorker } from './tasks/task-worker.ts';
import { outputsAsSeen, ShapesSeen, untrue } from './warm-up/shapes-seen.ts';
import { type Batchability, batchingOf, runZeros, tryBatching } from './warm-up/warm-up.ts';

/** One version of a model, or one transform, ready to be asked. */
export interface ServedVersion {
  readonly name: string;
  readonly version: string;
  readonly platform: 'onnxruntime_onnx' | 'sheaf_transform';
  readonly signature: Signature;
  readonly infer: Infer;
  /** Whether calls share its runs. Undefined for a transform. */
  readonly batchability?: Batchability;
  /** Whether its outputs are not as its file declares; `signature` is as they were seen. */
  readonly isUntrue?: boolean;
  /** What whoever starts it should know beside that. */
  readonly notices?: readonly string[];
  /** How busy it is, and what a run costs. */
  readonly load: () => Load;
  /** How many wait, and run. */
  readonly standing: () => Standing;
  /** What its calls are told when the process is about to end. */
  readonly calls: Pick<Scheduler, 'abandon' | 'shedForDrain'>;
  close(): Promise<void>;
}

export interface ModelOptions extends MemoryTerms {
  readonly name: string;
  readonly version: string;
  readonly signature: Signature;
  readonly model: ModelFiles;
  /** Workers, each with a session and weights of its own. Default 1: services that each believe they own the machine are slower than one. */
  readonly instances: number;
  readonly intraOpThreads: number;
  /** What runs it, the first that this machine has; one that it has not is reported. */
  readonly providers: readonly Provider[];
  /** Past it the workers are replaced, one after the other. Undefined: never. */
  readonly memory: MemoryBudget | undefined;
  /** Undefined runs every call alone; so does a model whose rows are not shown to be independent. */
  readonly batching: BatchingOptions | undefined;
  /** Default 10,000. A run past it ends the process: see `onStuck`. */
  readonly runLimitMs: number;
  readonly queue: QueueOptions;
  /** Default true: how many of the instances run at once is learned. */
  readonly adaptiveLimit?: boolean;
  readonly outputBytesMax: number;
  /** A run, or loading the model, passed its limit and cannot be stopped from inside; every caller has its answer. The process should end. */
  readonly onStuck: (what: string) => void;
  /** Told of that run. */
  readonly onOverrun: (overrun: Overrun) => void;
  /** Told of each run when it has ended. */
  readonly onRun?: SchedulerOptions['onRun'];
}

/** Loads a model into worker threads of its own and runs it once in each, so that the first caller does not pay for it. */
export async function openModel(options: ModelOptions): Promise<ServedVersion> {
  const { name, version, signature, model, intraOpThreads, runLimitMs, queue, outputBytesMax, onStuck } = options;
  const subject = `model ${name}/${version}`;
  const { providers } = options;
  const memory = memoryTerms(signature, options);
  const workerData: SessionThreadData = { model, subject, intraOpThreads, providers, memory };
  const start = inThread<TaskMessage<readonly PackedTensor[]>>({
    module: new URL('./session/session-thread.ts', import.meta.url),
    workerData,
    subject,
  });
  const overrun = (what: string): void => {
    scheduler?.refuse(restarting(subject));
    onStuck(what);
  };
  let scheduler: Scheduler | undefined;
  const startWorker = (): ModelWorker =>
    new TaskWorker<readonly PackedTensor[]>({ start, subject, limitMs: runLimitMs, overrun });
  const workers = Array.from({ length: options.instances }, startWorker);
  const seen = new ShapesSeen();
  const batchability = await warmUp(workers, options, subject, seen);
  scheduler = new Scheduler({
    subject,
    spanName: `${name}/${version}`,
    workers,
    batching: batchingOf(batchability, options.batching),
    runAttributes: { [batchability.batched ? 'sheaf.batched' : 'sheaf.not_batched']: batchability.why },
    queue,
    adaptiveLimit: options.adaptiveLimit ?? true,
    outputBytesMax,
    onRun: options.onRun,
    onOverrun: (run, calls) => {
      const digests = calls.map(({ inputs }) => requestDigest(name, version, inputs));
      options.onOverrun({ run, model: name, version, digests, callers: calls.map(({ caller }) => caller) });
    },
  });
  const real = seen.correct(signature);
  const check = outputsAsSeen(real, subject);
  const served = {
    ...servedVersion(name, version, 'onnxruntime_onnx', real, scheduler, check),
    batchability,
    isUntrue: untrue(signature, real).length > 0,
    notices: untrue(signature, real),
  };
  if (!options.memory) return served;
  const unwatch = watchMemory(options.memory, (bytes) => {
    const taken = `the process takes ${Math.round(bytes / 2 ** 20)} MiB`;
    log('worker.replaced', `${subject}: ${taken}; its workers are replaced`, { subject, bytes });
    return replaceWorkers(workers, startWorker, served.signature, scheduler);
  });
  return {
    ...served,
    close: () => {
      unwatch();
      return served.close();
    },
  };
}

type ModelWorker = TaskWorker<readonly PackedTensor[]>;

/** One after the other, each when its successor is warm: no call notices. */
async function replaceWorkers(
  workers: ModelWorker[],
  start: () => ModelWorker,
  signature: Signature,
  scheduler: Scheduler,
): Promise<void> {
  for (const [index, old] of workers.entries()) {
    const next = start();
    try {
      await runZeros(next, signature);
    } catch (error) {
      // The old one still serves.
      log('worker.kept', 'a worker could not be replaced', {}, error);
      await next.close();
      return;
    }
    await scheduler.replace(old, next);
    workers[index] = next;
    await old.close();
  }
}

const restarting = (subject: string): InferError =>
  new InferError('UNAVAILABLE', `${subject}: the service restarts`, { reason: 'RESTARTING', retryAfterMs: 1000 });

/** One version as an `Infer`; `check` throws for outputs that its model or transform should not have given. */
export function servedVersion(
  name: string,
  version: string,
  platform: ServedVersion['platform'],
  signature: Signature,
  scheduler: Scheduler,
  check: (outputs: readonly Tensor[]) => void,
): ServedVersion {
  const everyOutput = signature.outputs.map((output) => output.name);
  const infer = async (request: InferRequest, context: CallContext): Promise<InferResponse> => {
    checkRequest(signature, request.inputs, request.outputs);
    const outputs = request.outputs.length === 0 ? everyOutput : request.outputs;
    const tensors = await scheduler.infer(scheduledCall(request, outputs, context), context);
    check(tensors);
    return { model: name, version, parameters: new Map(), outputs: tensors };
  };
  const load = (): Load => scheduler.load;
  const standing = (): Standing => scheduler.standing;
  const close = (): Promise<void> => scheduler.close();
  return { name, version, platform, signature, infer, load, standing, calls: scheduler, close };
}

/** One run on zeros in each worker, and whether rows of different calls may share a run. */
async function warmUp(
  workers: readonly ModelWorker[],
  { signature, batching, runLimitMs }: ModelOptions,
  subject: string,
  seen: ShapesSeen,
): Promise<Batchability> {
  try {
    await Promise.all(workers.map((worker) => runZeros(worker, signature, seen)));
    return await tryBatching(workers[0] as ModelWorker, signature, batching, { runLimitMs, seen });
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.close()));
    const why = error instanceof Error ? error.message : error;
    throw new InferError('FAILED_PRECONDITION', `${subject} does not run: ${why}`, { cause: error });
  }
}
