import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { InferError, isDatatype, log, type Signature, type TensorSpec } from '@sheaf/inference';
import { startTransform, type TransformProcess, transformOptions } from './transform-host.ts';
import { isFailure, isRecord } from './transform-message.ts';
import type { TransformPlace } from './transform-rights.ts';
import { specOf } from './transform-values.ts';

const describeLimitMs = 5_000;

interface Declared {
  readonly inputs: unknown;
  readonly outputs: unknown;
  readonly uses: unknown;
  readonly pure: unknown;
}

/** Reads what a transform declares, in a throw-away process with its own rights: the file is somebody's code. */
export async function describeTransform(
  place: TransformPlace,
): Promise<{ signature: Signature; uses: readonly string[]; pure: boolean }> {
  const { data, ...options } = await transformOptions(place, 0);
  const started = startTransform({
    data: { ...data, describeOnly: true },
    ...options,
    // What it prints while it is loaded is no part of what the command that reads it prints.
    stdout: 'pipe',
  });
  const { child } = started;
  const file = basename(place.file);
  createInterface({ input: child.stdout as Readable }).on('line', (line) =>
    log('transform.printed', `${file}: ${line}`, { file }),
  );
  try {
    const { inputs, outputs, uses, pure } = await declaredBy(started);
    if (!Array.isArray(uses) || !uses.every((one) => typeof one === 'string'))
      throw new TypeError(`uses: want a list of models and pipelines, got ${JSON.stringify(uses)}`);
    if (typeof pure !== 'boolean') throw new TypeError(`pure: want true or false, got ${JSON.stringify(pure)}`);
    return { signature: { inputs: specs('inputs', inputs), outputs: specs('outputs', outputs) }, uses, pure };
  } catch (error) {
    if (error instanceof InferError) throw error;
    throw notLoaded(error instanceof Error ? error.message : String(error), error);
  } finally {
    child.kill('SIGKILL');
  }
}

const notLoaded = (why: string, cause?: unknown): InferError =>
  new InferError('FAILED_PRECONDITION', `the transform cannot be loaded: ${why}`, { cause });

function declaredBy({ listen, ended }: TransformProcess): Promise<Partial<Declared>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(notLoaded(`it took more than ${describeLimitMs} ms to load`)),
      describeLimitMs,
    );
    listen(
      (message) => {
        const { failed, ...declared } = isRecord(message) ? message : {};
        if (isFailure(failed)) reject(new InferError(failed.code, failed.message));
        else resolve(declared);
      },
      (why) => reject(notLoaded('it sent a message that is none', why)),
    );
    void ended.then((how) => {
      clearTimeout(timer);
      reject(notLoaded(`its process ended (${how})`));
    });
  });
}

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
