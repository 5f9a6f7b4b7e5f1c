import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { InferError, isDatatype, type Signature, type TensorSpec } from '@sheaf/inference';
import type { TransformThreadData } from './transform-thread.ts';
import { specOf } from './transform-values.ts';

const describeLimitMs = 5_000;

/** Reads what a transform declares, in a throw-away worker: the file is somebody's code. */
export async function describeTransform(
  file: string,
): Promise<{ signature: Signature; uses: readonly string[]; pure: boolean }> {
  const workerData: TransformThreadData = { file, subject: file, describeOnly: true };
  // What it prints while it is loaded is no part of what the command that reads it prints.
  const worker = new Worker(new URL('./transform-thread.ts', import.meta.url), { workerData, stdout: true });
  createInterface({ input: worker.stdout }).on('line', (line) => console.error(`${basename(file)}: ${line}`));
  try {
    const [declared] = (await once(worker, 'message', { signal: AbortSignal.timeout(describeLimitMs) })) as [
      { inputs: unknown; outputs: unknown; uses: unknown; pure: unknown },
    ];
    const { uses, pure } = declared;
    if (!Array.isArray(uses) || !uses.every((name) => typeof name === 'string'))
      throw new TypeError(`uses: want a list of models and pipelines, got ${JSON.stringify(uses)}`);
    if (typeof pure !== 'boolean') throw new TypeError(`pure: want true or false, got ${JSON.stringify(pure)}`);
    const signature = { inputs: specs('inputs', declared.inputs), outputs: specs('outputs', declared.outputs) };
    return { signature, uses, pure };
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
  return Object.entries(
    declarations as Record<string, { datatype?: unknown; shape?: unknown; optional?: unknown }>,
  ).map(([name, { datatype, shape, optional }]) => {
    if (!isDatatype(datatype))
      throw new TypeError(`${side}.${name}.datatype: want a datatype such as FP32, got ${String(datatype)}`);
    if (!Array.isArray(shape) || !shape.every(isDim)) {
      throw new TypeError(
        `${side}.${name}.shape: want integers of -1 or more, or names such as rows, got ${JSON.stringify(shape)}`,
      );
    }
    if (optional !== undefined && (typeof optional !== 'boolean' || side !== 'inputs'))
      throw new TypeError(`${side}.${name}.optional: want true or false, of an input, got ${JSON.stringify(optional)}`);
    return specOf(name, { datatype, shape: shape as (number | string)[], optional: optional === true });
  });
}

const isDim = (dim: unknown): boolean =>
  typeof dim === 'string' ? /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(dim) : Number.isSafeInteger(dim) && Number(dim) >= -1;
