/** Opens a transform, in a process of its own. */
import { asInferError, type Infer, InferError, mismatch, type Signature, type TensorSpec } from '@sheaf/inference';
import { queueDefault } from './scheduler/call-queue.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import type { SchedulerOptions } from './scheduler/scheduler-options.ts';
import { type ServedVersion, servedVersion } from './served-version.ts';
import type { PackedTensor } from './tasks/packed-tensor.ts';
import { TaskWorker } from './tasks/task-worker.ts';
import { inTransformProcess, transformOptions } from './transform/transform-host.ts';
import type { TransformPlace } from './transform/transform-rights.ts';

export interface TransformOptions extends TransformPlace {
  readonly signature: Signature;
  /** Default 5,000; a transform past it is ended and its process replaced. */
  readonly runLimitMs: number;
  readonly outputBytesMax: number;
  /** Models and pipelines that it may ask. */
  readonly uses: readonly string[];
  /** Told of each run when it has ended. */
  readonly onRun?: SchedulerOptions['onRun'];
  /** Asks the rest of the mesh, for transforms that declare what they use. */
  readonly infer?: Infer;
}

/** Its own process looks too, for a better sentence; but what it sends is its own word. */
const inferOnly =
  (uses: readonly string[], infer: Infer): Infer =>
  async (request, context) => {
    if (uses.includes(request.model)) return infer(request, context);
    throw new InferError('FAILED_PRECONDITION', `"${request.model}" is not among what the transform uses`);
  };

/** Answers when it is loaded, so that the first caller does not wait for that; throws where it cannot be loaded. */
export async function openTransform(options: TransformOptions): Promise<ServedVersion> {
  const { name, signature, runLimitMs, outputBytesMax, uses, infer } = options;
  const subject = `transform ${name}`;
  const worker = new TaskWorker<readonly PackedTensor[]>({
    start: inTransformProcess({
      ...(await transformOptions(options, outputBytesMax)),
      stdout: 'inherit',
    }),
    subject,
    limitMs: runLimitMs,
    overrun: 'replace',
    ...(infer ? { infer: inferOnly(uses, infer) } : {}),
  });
  try {
    await worker.loaded;
  } catch (error) {
    await worker.close();
    const { cause, message } = asInferError(error);
    const [why] = String(cause ?? message).split('\n');
    throw new InferError('FAILED_PRECONDITION', `${subject} cannot be loaded: ${why}`, { cause: error });
  }
  const batching = undefined;
  const scheduler = new Scheduler({
    subject,
    spanName: `${name}/1`,
    workers: [worker],
    batching,
    queue: queueDefault,
    outputBytesMax,
    onRun: options.onRun,
  });
  return servedVersion(name, '1', 'sheaf_transform', signature, scheduler, (outputs) =>
    checkOutputs(signature, outputs, name),
  );
}

/** A transform that breaks its own declaration is its author's fault, never the caller's. */
function checkOutputs(signature: Signature, outputs: readonly TensorSpec[], name: string): void {
  for (const output of outputs) {
    const spec = signature.outputs.find((candidate) => candidate.name === output.name);
    const why = spec && mismatch(spec, output);
    if (why)
      throw new InferError('INTERNAL', `${name}: output "${output.name}" is not as declared: ${why}`, {
        reason: 'OUTPUT_MISMATCH',
      });
  }
}
