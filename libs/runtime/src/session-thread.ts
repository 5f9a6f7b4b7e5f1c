/** The worker thread that owns one ONNX Runtime session. The only file that imports the runtime. */
import { workerData } from 'node:worker_threads';
import { elementCount, InferError, invalidField, packBytes, unpackBytes } from '@sheaf/inference';
import * as ort from 'onnxruntime-node';
import { isInstalled, whatBrings } from './missing-provider.ts';
import type { PackedTensor } from './packed-tensor.ts';
import type { Provider } from './providers.ts';
import { serveTasks, type TensorTask } from './task-thread.ts';
import type { TaskFailure } from './task-worker.ts';

export interface SessionThreadData {
  readonly model: Uint8Array;
  readonly subject: string;
  readonly intraOpThreads: number;
  readonly providers: readonly Provider[];
  readonly memory: { readonly enableCpuMemArena: boolean; readonly enableMemPattern: boolean };
}

const { model, subject, intraOpThreads, providers, memory } = workerData as SessionThreadData;

const ortTypes = {
  BOOL: 'bool',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const;

type RuntimeDatatype = keyof typeof ortTypes;
const datatypes = new Map(
  Object.entries(ortTypes).map(([datatype, type]) => [type as string, datatype as RuntimeDatatype]),
);

const typedArrays = {
  BOOL: Uint8Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  // Bit patterns, see below.
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

// The native side of the runtime (1.30) cannot read a Float16Array, and its JavaScript side makes one wherever the engine has it.
// It looks at the first tensor; this thread has no other use for the class.
Reflect.deleteProperty(globalThis, 'Float16Array');

const createWith = (provider: Provider): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(model, {
    executionProviders: [provider],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 4,
    ...memory,
    // Threads that spin while they wait take the cores from the other services of the machine.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });

const notAvailable = (provider: Provider): string =>
  `the provider "${provider}" is not available on this machine${whatBrings(provider)}`;

/** With the first provider that this machine has; each that it has not is reported, since it is slower or dearer without. */
async function createSession(): Promise<ort.InferenceSession> {
  const supported = new Set(ort.listSupportedBackends().map(({ name }) => name));
  const isHere = (provider: Provider): boolean => supported.has(provider) && isInstalled(provider);
  const missing = (provider: Provider): void =>
    console.error(`${subject}: ${notAvailable(provider)}; the next one is taken`);
  for (const provider of providers.slice(0, -1)) {
    const session = isHere(provider) ? await createWith(provider).catch(() => undefined) : undefined;
    if (session) return session;
    missing(provider);
  }
  const last = providers.at(-1) ?? 'cpu';
  const isLast = `${notAvailable(last)}, and it is the last that model.yaml names`;
  if (!isHere(last)) throw new Error(isLast);
  return createWith(last).catch((error: unknown) => {
    throw /Failed to load shared library/.test(String(error)) ? new Error(isLast) : error;
  });
}

const session = createSession();
// Each task awaits it and reports its failure; without this the first failure would end the process.
session.catch(() => {});

const strictText = new TextDecoder('utf-8', { fatal: true });

function toText(bytes: Uint8Array, path: string): string {
  if (bytes.includes(0)) throw invalidField(path, 'a string for this model must not hold a NUL', 'STRING_INVALID');
  try {
    return strictText.decode(bytes);
  } catch {
    throw invalidField(path, 'a string for this model must be valid UTF-8', 'STRING_INVALID');
  }
}

function feed({ name, datatype, shape, memory }: PackedTensor): ort.Tensor {
  if (datatype === 'BF16')
    throw invalidField(`input "${name}"`, 'ONNX Runtime has no BF16 tensors', 'DATATYPE_UNSUPPORTED');
  if (datatype === 'BYTES') {
    const strings = unpackBytes(new Uint8Array(memory)).map((bytes, index) =>
      toText(bytes, `input "${name}" element ${index}`),
    );
    return new ort.Tensor('string', strings, shape);
  }
  return new ort.Tensor(ortTypes[datatype], new typedArrays[datatype](memory) as ort.Tensor.DataType as never, shape);
}

function fetched(name: string, tensor: ort.Tensor): PackedTensor {
  const datatype = datatypes.get(tensor.type);
  if (!datatype)
    throw new InferError('FAILED_PRECONDITION', `output "${name}" has a datatype that the protocol has not`);
  const shape = [...tensor.dims];
  if (datatype === 'BYTES')
    return { name, datatype, shape, memory: packBytes(tensor.data as string[]).buffer as ArrayBuffer };
  const view = tensor.data as Uint8Array;
  // A copy: the memory of an output belongs to the runtime.
  const memory = new ArrayBuffer(elementCount(shape) === 0 ? 0 : view.byteLength);
  new Uint8Array(memory).set(new Uint8Array(view.buffer, view.byteOffset, memory.byteLength));
  return { name, datatype, shape, memory };
}

async function loaded(): Promise<ort.InferenceSession> {
  try {
    return await session;
  } catch (error) {
    // Only whoever starts the service sees this: a model that does not load is never ready.
    throw new InferError(
      'FAILED_PRECONDITION',
      `the runtime cannot load it: ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function run({ inputs, outputs, outputBytesMax }: TensorTask): Promise<readonly PackedTensor[]> {
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, feed(input)]));
  const results = await (await loaded()).run(feeds, [...outputs]);
  let bytes = 0;
  return outputs.map((name) => {
    const tensor = results[name];
    if (!tensor) throw new InferError('FAILED_PRECONDITION', `the model gave no output "${name}"`);
    const packed = fetched(name, tensor);
    bytes += packed.memory.byteLength;
    if (bytes > outputBytesMax) {
      throw new InferError(
        'RESOURCE_EXHAUSTED',
        `${subject}: the outputs take more than the limit of ${outputBytesMax} bytes`,
      );
    }
    return packed;
  });
}

/** Names the operator that failed; the rest of the runtime's message may hold paths and is only logged. */
function failureOf(error: unknown): TaskFailure {
  const log = error instanceof Error ? error.message : String(error);
  if (/allocat|bad_alloc/i.test(log))
    return { code: 'RESOURCE_EXHAUSTED', message: `${subject}: the run needs more memory than there is`, log };
  const operator = /while running (\w+) node/.exec(log)?.[1];
  const where = operator ? ` in its operator ${operator}` : '';
  return { code: 'INVALID_ARGUMENT', message: `${subject}: the model failed on these inputs${where}`, log };
}

serveTasks(run, failureOf);
