/** The worker thread that owns one ONNX Runtime session. The only file that imports the runtime. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  type Datatype,
  elementCount,
  InferError,
  invalidField,
  log,
  packBytes,
  sendLogTo,
  unpackBytes,
} from '@sheaf/inference';
import { editModel, readModel, type SessionModel } from '@sheaf/onnx';
import * as ort from 'onnxruntime-node';
import type { PackedTensor } from '../tasks/packed-tensor.ts';
import { serveTasks, type TensorTask } from '../tasks/task-thread.ts';
import type { TaskFailure } from '../tasks/task-worker.ts';
import { narrowed, widened } from './bfloat16.ts';
import { isInstalled, whatBrings } from './missing-provider.ts';
import { type ModelFile, type ModelFiles, readChecked, watchChecked } from './model-files.ts';
import type { Provider } from './providers.ts';

export interface SessionThreadData {
  readonly model: ModelFiles;
  readonly subject: string;
  readonly intraOpThreads: number;
  readonly providers: readonly Provider[];
  readonly memory: { readonly enableCpuMemArena: boolean; readonly enableMemPattern: boolean };
}

const { model, subject, intraOpThreads, providers, memory } = workerData as SessionThreadData;

// The log is that of the process, which this thread is a part of.
sendLogTo((entry) => parentPort?.postMessage({ kind: 'log', entry }));

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

/** A session, and what it calls the tensors that callers see. */
interface Loaded extends Pick<SessionModel, 'inputs' | 'outputs'> {
  readonly session: ort.InferenceSession;
}

/**
 * Reads the files here and gives the runtime bytes, never a path: it would map files with weights into its memory, and one that is written over would change
 * what a session answers. The memory is given back at once; what stays is the session's own. Only where a tensor is too large to be given does it map them.
 */
async function load(): Promise<Loaded> {
  const [file, ...others] = model.files;
  const bytes = await readChecked(model, file);
  if (readModel(bytes).mapped) return loadMapped(bytes, others);
  const weights = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const other of others) weights.set(other.path, await readChecked(model, other));
  const prepared = editModel(bytes, ({ location, offset, length }) =>
    weightsOf(weights, location).subarray(offset, offset + length),
  );
  const externalData = prepared.beside.map((path) => ({ path, data: weightsOf(weights, path) }));
  const session = await createSession(prepared.bytes, externalData);
  for (const { buffer } of [bytes, ...weights.values()]) buffer.transfer(0);
  return { session, inputs: prepared.inputs, outputs: prepared.outputs };
}

async function loadMapped(bytes: Uint8Array, others: readonly ModelFile[]): Promise<Loaded> {
  log(
    'model.mapped',
    `${subject}: a tensor has more than 2 GiB, so its files are mapped; they must not be written over while it is served`,
    { subject },
  );
  const untouched: (() => Promise<void>)[] = [];
  for (const other of others) untouched.push(await watchChecked(model, other));
  const prepared = editModel(bytes);
  const session = await createSession(prepared.bytes, []);
  await Promise.all(untouched.map((look) => look()));
  return { session, inputs: prepared.inputs, outputs: prepared.outputs };
}

function weightsOf(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, location: string): Uint8Array<ArrayBuffer> {
  const found = files.get(location);
  if (!found) throw new InferError('FAILED_PRECONDITION', `the model needs ${location}, which was not checked`);
  return found;
}

type Externals = readonly { readonly path: string; readonly data: Uint8Array }[];

const createWith = (provider: Provider, bytes: Uint8Array, externalData: Externals): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(bytes, {
    executionProviders: [provider],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 4,
    ...memory,
    externalData,
    extra: {
      session: {
        // Threads that spin while they wait take the cores from the other services of the machine.
        intra_op: { allow_spinning: '0' },
        inter_op: { allow_spinning: '0' },
        // All weights are given to it; whatever it should look for nevertheless it does not look for in the folder that the process runs in.
        model_external_initializers_file_folder_path: model.folder,
      },
    },
  });

const notAvailable = (provider: Provider): string =>
  `the provider "${provider}" is not available on this machine${whatBrings(provider)}`;

/** With the first provider that this machine has; each that it has not is reported, since it is slower or dearer without. */
async function createSession(bytes: Uint8Array, externalData: Externals): Promise<ort.InferenceSession> {
  const supported = new Set(ort.listSupportedBackends().map(({ name }) => name));
  const isHere = (provider: Provider): boolean => supported.has(provider) && isInstalled(provider);
  const missing = (provider: Provider): void =>
    log('model.provider-missing', `${subject}: ${notAvailable(provider)}; the next one is taken`, {
      subject,
      provider,
    });
  for (const provider of providers.slice(0, -1)) {
    const session = isHere(provider)
      ? await createWith(provider, bytes, externalData).catch(() => undefined)
      : undefined;
    if (session) return session;
    missing(provider);
  }
  const last = providers.at(-1) ?? 'cpu';
  const isLast = `${notAvailable(last)}, and it is the last that model.yaml names`;
  if (!isHere(last)) throw new Error(isLast);
  return createWith(last, bytes, externalData).catch((error: unknown) => {
    throw /Failed to load shared library/.test(String(error)) ? new Error(isLast) : error;
  });
}

const loaded = load().catch((error: unknown) => {
  // Only whoever starts the service sees this: a model that does not load is never ready.
  const why = error instanceof Error ? error.message : String(error);
  throw new InferError('FAILED_PRECONDITION', `the runtime cannot load it: ${operatorMissing(why) ?? why}`);
});

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
  // The runtime's JavaScript has no BF16 tensors; the graph casts what it gets of FP32.
  if (datatype === 'BF16') return new ort.Tensor('float32', widened(new Uint16Array(memory)), shape);
  if (datatype === 'BYTES') {
    const strings = unpackBytes(new Uint8Array(memory)).map((bytes, index) =>
      toText(bytes, `input "${name}" element ${index}`),
    );
    return new ort.Tensor('string', strings, shape);
  }
  return new ort.Tensor(ortTypes[datatype], new typedArrays[datatype](memory) as ort.Tensor.DataType as never, shape);
}

function fetched(name: string, tensor: ort.Tensor, wanted: Datatype | undefined): PackedTensor {
  const datatype = datatypes.get(tensor.type);
  if (!datatype)
    throw new InferError('FAILED_PRECONDITION', `output "${name}" has a datatype that the protocol has not`);
  const shape = [...tensor.dims];
  if (wanted === 'BF16') {
    const values = elementCount(shape) === 0 ? new Float32Array(0) : (tensor.data as Float32Array);
    return { name, datatype: wanted, shape, memory: narrowed(values).buffer };
  }
  if (datatype === 'BYTES')
    return { name, datatype, shape, memory: packBytes(tensor.data as string[]).buffer as ArrayBuffer };
  const view = tensor.data as Uint8Array;
  // A copy: the memory of an output belongs to the runtime.
  const memory = new ArrayBuffer(elementCount(shape) === 0 ? 0 : view.byteLength);
  new Uint8Array(memory).set(new Uint8Array(view.buffer, view.byteOffset, memory.byteLength));
  return { name, datatype, shape, memory };
}

/** The operator that the runtime has not, out of what it says of that in many words. */
function operatorMissing(why: string): string | undefined {
  const [, operator, opset] = /No Op registered for (\S+) with domain_version of (\d+)/.exec(why) ?? [];
  const other = /(\S+)\(-?\d+\) is not a registered function\/op/.exec(why)?.[1];
  if (operator) return `it has no operator ${operator} in operator set ${opset}`;
  return other && `it has no operator ${other}`;
}

async function run(task: TensorTask): Promise<readonly PackedTensor[]> {
  const { session, inputs, outputs } = await loaded;
  const feeds = Object.fromEntries(task.inputs.map((input) => [inputs.get(input.name)?.name, feed(input)]));
  const names = task.outputs.map((name) => outputs.get(name)?.name ?? name);
  const results = await session.run(feeds, [...new Set(names)]);
  let bytes = 0;
  return task.outputs.map((name, index) => {
    const tensor = results[names[index] ?? name];
    if (!tensor) throw new InferError('FAILED_PRECONDITION', `the model gave no output "${name}"`);
    const packed = fetched(name, tensor, outputs.get(name)?.datatype);
    bytes += packed.memory.byteLength;
    if (bytes > task.outputBytesMax) {
      throw new InferError(
        'RESOURCE_EXHAUSTED',
        `${subject}: the outputs take more than ${task.outputBytesMax} bytes (limits.innerMessageBytesMax in mesh.yaml)`,
      );
    }
    return packed;
  });
}

/** How the runtime, and this thread, say that there is no more memory: at the end, since names of nodes and texts of callers may stand before. */
const outOfMemory =
  /(?:^|[:)] )(?:Failed to allocate memory for requested buffer of size \d+|std::bad_alloc|bad allocation|Array buffer allocation failed)\s*$/;

/** Names the operator that failed; the rest of the runtime's message may hold paths and is only logged. */
function failureOf(error: unknown): TaskFailure {
  const log = error instanceof Error ? error.message : String(error);
  if (outOfMemory.test(log))
    return { code: 'RESOURCE_EXHAUSTED', message: `${subject}: the run needs more memory than there is`, log };
  const operator = /while running (\w+) node/.exec(log)?.[1];
  const where = operator ? ` in its operator ${operator}` : '';
  return { code: 'INVALID_ARGUMENT', message: `${subject}: the model failed on these inputs${where}`, log };
}

serveTasks(run, failureOf, loaded);
