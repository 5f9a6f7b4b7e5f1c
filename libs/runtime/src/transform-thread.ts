/** The worker thread that runs one transform. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import {
  createTensor,
  type Datatype,
  elements,
  isTransform,
  packBytes,
  type Tensor,
  type Transform,
  type TransformContext,
  type TypedValues,
  tensorOf,
  unpackBytes,
} from '@sheaf/inference';
import { type PackedTensor, packTensor, unpackTensor } from './packed-tensor.ts';
import { type AskOther, serveTasks, type TensorTask } from './task-thread.ts';
import type { TaskFailure } from './task-worker.ts';
import { resolveTransformImports } from './transform-imports.ts';

export interface TransformThreadData {
  readonly file: string;
  readonly subject: string;
  /** Only say what the transform declares, then end. */
  readonly describeOnly?: boolean;
}

const { file, subject, describeOnly } = workerData as TransformThreadData;

async function load(): Promise<Transform> {
  resolveTransformImports();
  const { default: transform } = (await import(pathToFileURL(file).href)) as { default?: unknown };
  if (!isTransform(transform)) throw new TypeError('its default export must be made by defineTransform(...)');
  return transform;
}

function read(tensor: Tensor): { shape: readonly number[]; data: unknown } {
  const { datatype, shape } = tensor;
  return { shape, data: datatype === 'BYTES' ? unpackBytes(tensor.data) : elements({ ...tensor, datatype }) };
}

function write(name: string, datatype: Datatype, value: unknown): PackedTensor {
  const { shape, data } = (value ?? {}) as { shape?: readonly number[]; data?: unknown };
  if (!Array.isArray(shape))
    throw new TypeError(
      `output "${name}": want { shape, data }, got ${value === undefined ? 'nothing' : typeof value}`,
    );
  if (datatype === 'BYTES') {
    if (!Array.isArray(data)) throw new TypeError(`output "${name}": want an array of byte strings`);
    return packTensor(createTensor({ name, datatype, shape, data: packBytes(data as Uint8Array[]) }));
  }
  if (!ArrayBuffer.isView(data)) throw new TypeError(`output "${name}": want a typed array`);
  return packTensor(tensorOf(name, datatype, shape, data));
}

if (describeOnly) {
  const { inputs, outputs, uses = [], pure = false } = await load();
  parentPort?.postMessage({ inputs, outputs, uses, pure });
} else {
  const transform = load();
  transform.catch(() => {});
  const run = async (
    { inputs, outputs }: TensorTask,
    signal: AbortSignal,
    ask: AskOther,
  ): Promise<readonly PackedTensor[]> => {
    const { run: compute, outputs: declared, uses = [] } = await transform;
    const infer: TransformContext['infer'] = async (model, given, wanted = []) => {
      if (!uses.includes(model)) throw new TypeError(`"${model}" is not among the uses that the transform declares`);
      const sent = Object.entries(given).map(([name, values]) => write(name, values.datatype, values));
      const answered = (await ask(model, sent, wanted)).map(unpackTensor);
      return Object.fromEntries(
        answered.map((tensor) => [tensor.name, { datatype: tensor.datatype, ...read(tensor) } as TypedValues]),
      );
    };
    const values = Object.fromEntries(inputs.map((input) => [input.name, read(unpackTensor(input)) as never]));
    const results = (await compute(values, { signal, infer })) as Record<string, unknown>;
    return outputs.map((name) => write(name, declared[name]?.datatype ?? 'BYTES', results[name]));
  };
  const failureOf = (error: unknown): TaskFailure => ({
    code: 'INTERNAL',
    message: `${subject} threw an error`,
    log: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  serveTasks(run, failureOf);
}
