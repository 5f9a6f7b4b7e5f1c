import {
  byteLength,
  type CallContext,
  checkRequest,
  createTensor,
  elementCount,
  type Infer,
  InferError,
  type InferRequest,
  type InferResponse,
  Journal,
  mismatch,
  monotonicClock,
  packBytes,
  type Signature,
  type TensorSpec,
  traced,
} from '@sheaf/inference';
import { type PackedTensor, packTensor, unpackTensor } from './packed-tensor.ts';
import type { SessionThreadData } from './session-thread.ts';
import { TaskWorker } from './task-worker.ts';
import type { TransformThreadData } from './transform-thread.ts';

/** One version of a model, or one transform, ready to be asked. */
export interface ServedVersion {
  readonly name: string;
  readonly version: string;
  readonly platform: 'onnxruntime_onnx' | 'sheaf_transform';
  readonly signature: Signature;
  readonly infer: Infer;
  close(): Promise<void>;
}

export interface ModelOptions {
  readonly name: string;
  readonly version: string;
  readonly signature: Signature;
  /** The bytes of the model file. */
  readonly model: Uint8Array;
  /** Default 1: services that each believe they own the machine are slower than one. */
  readonly intraOpThreads: number;
  /** Default 10,000. A run past it ends the process: see `onStuck`. */
  readonly runLimitMs: number;
  readonly queueMax: number;
  readonly outputBytesMax: number;
  /** A run passed its limit and cannot be stopped from inside; every caller has its answer. The process should end. */
  readonly onStuck: () => void;
}

/** Loads a model into a worker thread of its own and runs it once, so that the first caller does not pay for it. */
export async function openModel(options: ModelOptions): Promise<ServedVersion> {
  const { name, version, signature, model, intraOpThreads, runLimitMs, queueMax, outputBytesMax, onStuck } = options;
  const subject = `model ${name}/${version}`;
  const workerData: SessionThreadData = { model, subject, intraOpThreads, outputBytesMax };
  const module = new URL('./session-thread.ts', import.meta.url);
  const worker = new TaskWorker<readonly PackedTensor[]>({
    module,
    workerData,
    subject,
    limitMs: runLimitMs,
    queueMax,
    overrun: onStuck,
  });
  await warmUp(worker, signature, subject, runLimitMs);
  return {
    name,
    version,
    platform: 'onnxruntime_onnx',
    signature,
    infer: inferWith(worker, name, version, signature),
    close: () => worker.close(),
  };
}

export interface TransformOptions {
  readonly name: string;
  readonly file: string;
  readonly signature: Signature;
  /** Default 5,000; a transform past it is ended and its worker replaced. */
  readonly runLimitMs: number;
  readonly queueMax: number;
}

export function openTransform({ name, file, signature, runLimitMs, queueMax }: TransformOptions): ServedVersion {
  const subject = `transform ${name}`;
  const workerData: TransformThreadData = { file, subject };
  const module = new URL('./transform-thread.ts', import.meta.url);
  const worker = new TaskWorker<readonly PackedTensor[]>({
    module,
    workerData,
    subject,
    limitMs: runLimitMs,
    queueMax,
    overrun: 'replace',
  });
  return {
    name,
    version: '1',
    platform: 'sheaf_transform',
    signature,
    infer: inferWith(worker, name, '1', signature),
    close: () => worker.close(),
  };
}

function inferWith(
  worker: TaskWorker<readonly PackedTensor[]>,
  name: string,
  version: string,
  signature: Signature,
): Infer {
  const everyOutput = signature.outputs.map((output) => output.name);
  return async (request: InferRequest, context: CallContext): Promise<InferResponse> => {
    checkRequest(signature, request.inputs, request.outputs);
    const packed = request.inputs.map(packTensor);
    const wanted = request.outputs.length === 0 ? everyOutput : request.outputs;
    const memory = packed.map((tensor) => tensor.memory);
    const outputs = await traced(context, 'run', `${name}/${version}`, (inner) =>
      worker.run({ inputs: packed, outputs: wanted }, memory, inner),
    );
    const tensors = outputs.map(unpackTensor);
    checkOutputs(signature, tensors, name);
    return { model: name, version, parameters: new Map(), outputs: tensors };
  };
}

/** A model or transform that breaks its own declaration is its author's fault, never the caller's. */
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

/** One run on zeros, every open dimension 1. Inputs of zeros may be wrong for a model; that it answers at all is what counts. */
async function warmUp(
  worker: TaskWorker<readonly PackedTensor[]>,
  signature: Signature,
  subject: string,
  limitMs: number,
): Promise<void> {
  const inputs = signature.inputs.map((spec) => packTensor(zeros(spec)));
  const journal = new Journal();
  const context: CallContext = {
    clock: monotonicClock,
    // Past the run limit, so that a model that never ends is told from one that is slow to load.
    deadline: monotonicClock.now() + limitMs + 1_000,
    signal: new AbortController().signal,
    snapshot: { epoch: 0 },
    journal,
    span: journal.start('run', 'warm-up', undefined),
  };
  const outputs = signature.outputs.map(({ name }) => name);
  const memory = inputs.map((tensor) => tensor.memory);
  try {
    await worker.run({ inputs, outputs }, memory, context);
  } catch (error) {
    if (error instanceof InferError && error.code === 'INVALID_ARGUMENT') return;
    await worker.close();
    throw new InferError(
      'FAILED_PRECONDITION',
      `${subject} does not run: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
}

function zeros({ name, datatype, shape }: TensorSpec) {
  const concrete = shape.map((dim) => (dim === -1 ? 1 : dim));
  const bytes = byteLength(datatype, concrete);
  const data = bytes === undefined ? packBytes(new Array(elementCount(concrete)).fill('')) : new Uint8Array(bytes);
  return createTensor({ name, datatype, shape: concrete, data });
}
