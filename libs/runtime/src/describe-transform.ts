import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Datatype, InferError, isDatatype, type Signature, type TensorSpec } from '@sheaf/inference';
import type { TransformThreadData } from './transform-thread.ts';

const describeLimitMs = 5_000;

/** Reads what a transform declares, in a throw-away worker: the file is somebody's code. */
export async function describeTransform(file: string): Promise<Signature> {
  const workerData: TransformThreadData = { file, subject: file, describeOnly: true };
  const worker = new Worker(new URL('./transform-thread.ts', import.meta.url), { workerData });
  try {
    const [declared] = (await once(worker, 'message', { signal: AbortSignal.timeout(describeLimitMs) })) as [
      { inputs: unknown; outputs: unknown },
    ];
    return { inputs: specs('inputs', declared.inputs), outputs: specs('outputs', declared.outputs) };
  } catch (error) {
    const why =
      error instanceof Error && error.name === 'AbortError'
        ? `it took more than ${describeLimitMs} ms to load`
        : oneLine(error);
    throw new InferError('FAILED_PRECONDITION', `the transform cannot be loaded: ${why}`, { cause: error });
  } finally {
    await worker.terminate();
  }
}

const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

function specs(side: string, declarations: unknown): TensorSpec[] {
  if (typeof declarations !== 'object' || declarations === null) throw new TypeError(`${side}: want tensors by name`);
  return Object.entries(declarations as Record<string, { datatype?: unknown; shape?: unknown }>).map(
    ([name, { datatype, shape }]) => {
      if (!isDatatype(datatype))
        throw new TypeError(`${side}.${name}.datatype: want a datatype such as FP32, got ${String(datatype)}`);
      if (!Array.isArray(shape) || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= -1)) {
        throw new TypeError(`${side}.${name}.shape: want integers of -1 or more, got ${JSON.stringify(shape)}`);
      }
      return { name, datatype: datatype as Datatype, shape: shape as number[] };
    },
  );
}
