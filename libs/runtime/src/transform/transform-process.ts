/** The process that runs one transform, for its parent. */
import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { isTransform, type Transform, type TransformContext, type TypedValues } from '@sheaf/inference';
import { type PackedTensor, packTensor, unpackTensor } from '../tasks/packed-tensor.ts';
import { type AskOther, serveTasks, type TensorTask } from '../tasks/task-thread.ts';
import type { TaskFailure } from '../tasks/task-worker.ts';
import { confine, endWithParent } from './confine.ts';
import { denialOf } from './denial.ts';
import { createFrameReader, transformChannel, writeFrame, writeTo } from './transform-frames.ts';
import { resolveTransformImports } from './transform-imports.ts';
import type { Failed } from './transform-message.ts';
import { createOutputCheck, readValues, UnlikeDeclared, writeValues } from './transform-values.ts';

/** Goes as JSON, as an argument. */
export interface TransformProcessData {
  readonly file: string;
  readonly subject: string;
  readonly name: string;
  /** The service in mesh.yaml that runs it. */
  readonly service: string;
  readonly trusted: boolean;
  /** Bytes of the tensors that it may send at once. */
  readonly messageBytesMax: number;
  /** Only say what the transform declares. */
  readonly describeOnly?: boolean;
}

const data = JSON.parse(process.argv[2] ?? '') as TransformProcessData;
const { file, subject, describeOnly } = data;
let hear: (message: unknown) => void = () => {};
const readFrames = createFrameReader(Number.POSITIVE_INFINITY, (message) => hear(message));
const channel = new Socket({
  fd: transformChannel,
  readable: true,
  writable: true,
  // One buffer for all that comes, where Node would make one for each piece: the reader of frames copies what it takes.
  onread: {
    buffer: Buffer.alloc(64 * 1024),
    callback: (bytes, buffer) => {
      readFrames(buffer.subarray(0, bytes));
      return true;
    },
  },
});
const send = (message: unknown, onSent?: () => void): void =>
  writeTo(channel, writeFrame(message, data.messageBytesMax), onSent);

if (!describeOnly) endWithParent(channel);
if (!data.trusted) confine();
process.on('uncaughtException', (error) => fail(failureOf(error)));

/** Of the sentences of an error: a longer one is cut, so that it can be told at all. */
const charsMax = 64 * 1024;
const shortened = ({ message, log, ...rest }: TaskFailure): TaskFailure => ({
  ...rest,
  message: message.slice(0, charsMax),
  ...(log !== undefined && { log: log.slice(0, charsMax) }),
});

function fail(failed: TaskFailure): void {
  send({ failed } satisfies Failed, () => process.exit(1));
}

const failureOf = (error: unknown): TaskFailure => shortened(readFailure(error));

function readFailure(error: unknown): TaskFailure {
  const denial = denialOf(error, data);
  if (describeOnly) {
    const why = error instanceof Error ? error.message : String(error);
    const message = denial?.full ?? `the transform cannot be loaded: ${why.split('\n')[0]}`;
    return { code: 'FAILED_PRECONDITION', message };
  }
  if (error instanceof UnlikeDeclared) {
    const { message } = error;
    return { code: 'INTERNAL', reason: 'OUTPUT_MISMATCH', message: `${subject}: ${message}`, log: message };
  }
  // Not INTERNAL, which counts against a breaker: what a caller sends may be what the transform wants it for.
  if (denial) return { code: 'FAILED_PRECONDITION', reason: 'NOT_PERMITTED', message: denial.told, log: denial.full };
  const log = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'INTERNAL', message: `${subject} threw an error`, log };
}

async function load(): Promise<Transform> {
  resolveTransformImports();
  const { default: transform } = (await import(pathToFileURL(file).href)) as { default?: unknown };
  if (!isTransform(transform)) throw new TypeError('its default export must be made by defineTransform(...)');
  return transform;
}

if (describeOnly) {
  try {
    const { inputs, outputs, uses = [], pure = false } = await load();
    send({ inputs, outputs, uses, pure });
  } catch (error) {
    fail(failureOf(error));
  }
} else {
  const loaded = load().then((transform) => ({ transform, checkOutputs: createOutputCheck(transform) }));
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
  serveTasks(run, failureOf, loaded, {
    postMessage: (message) => send(message),
    on: (_, onMessage) => {
      hear = onMessage as typeof hear;
      channel.resume();
    },
  });
}
