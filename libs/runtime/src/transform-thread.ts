/** The worker thread that runs one transform. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { isTransform, type Transform, type TransformContext, type TypedValues } from '@sheaf/inference';
import { type PackedTensor, packTensor, unpackTensor } from './packed-tensor.ts';
import { type AskOther, serveTasks, type TensorTask } from './task-thread.ts';
import type { TaskFailure } from './task-worker.ts';
import { resolveTransformImports } from './transform-imports.ts';
import { createOutputCheck, readValues, UnlikeDeclared, writeValues } from './transform-values.ts';

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

if (describeOnly) {
  const { inputs, outputs, uses = [], pure = false } = await load();
  parentPort?.postMessage({ inputs, outputs, uses, pure });
} else {
  const loaded = load().then((transform) => ({ transform, checkOutputs: createOutputCheck(transform) }));
  loaded.catch(() => {});
  const run = async (
    { inputs, outputs }: TensorTask,
    signal: AbortSignal,
    ask: AskOther,
  ): Promise<readonly PackedTensor[]> => {
    const { transform, checkOutputs } = await loaded;
    const { run: compute, outputs: declared, uses = [] } = transform;
    const infer: TransformContext['infer'] = async (model, given, wanted = []) => {
      if (!uses.includes(model)) throw new TypeError(`"${model}" is not among the uses that the transform declares`);
      const sent = Object.entries(given).map(([name, values]) =>
        packTensor(writeValues(`input "${name}" of ${model}`, name, values.datatype, values)),
      );
      const answered = (await ask(model, sent, wanted)).map(unpackTensor);
      return Object.fromEntries(
        answered.map((tensor) => [tensor.name, { datatype: tensor.datatype, ...readValues(tensor) } as TypedValues]),
      );
    };
    const values = Object.fromEntries(inputs.map((input) => [input.name, readValues(unpackTensor(input)) as never]));
    const results = (await compute(values, { signal, infer })) as Record<string, unknown> | undefined;
    const made = outputs.map((name) =>
      writeValues(`output "${name}"`, name, declared[name]?.datatype ?? 'BYTES', results?.[name]),
    );
    checkOutputs(inputs, made);
    return made.map(packTensor);
  };
  const failureOf = (error: unknown): TaskFailure => {
    const code = 'INTERNAL';
    if (error instanceof UnlikeDeclared) {
      const { message } = error;
      return { code, reason: 'OUTPUT_MISMATCH', message: `${subject}: ${message}`, log: message };
    }
    const log = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { code, message: `${subject} threw an error`, log };
  };
  serveTasks(run, failureOf, loaded);
}
