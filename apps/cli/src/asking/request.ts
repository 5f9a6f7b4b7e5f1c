/** `sheaf infer` and `sheaf explain` have this in common: who is asked, with what, under which options. */
import { readFile } from 'node:fs/promises';
import { defaultLimits, type ModelDescription, type Parameter, type Tensor, type TensorSpec } from '@sheaf/inference';
import { parseJson, readTensor } from '@sheaf/tensor-io';
import { type Answered, type AskOptions, ask, createRemote, type Remote } from '@sheaf/transport';
import { integerOf, type OptionValues, textOf, UsageError } from '../command.ts';
import { withAdvice, withTimeAdvice } from './advice.ts';
import { type AskedServer, pairs, serverHelp, serverOf, serverOptions } from './server-options.ts';

const describeTimeoutMs = 5_000;
/** As much as any server takes; the one that is asked says itself when it is too much. */
const limits = {
  ...defaultLimits,
  messageBytesMax: 2 ** 31,
  elementsMax: 2 ** 31,
  inputsMax: 4_096,
  outputsMax: 4_096,
  nameCharsMax: 1_024,
  rankMax: 32,
};

/** The answer to a call that was late says where it was; it comes when the time is up. */
const listenMs = 1_000;

export const requestOptions = {
  ...serverOptions,
  version: { type: 'string' },
  timeout: { type: 'string' },
  output: { type: 'string', multiple: true },
  shape: { type: 'string', multiple: true },
  parameter: { type: 'string', multiple: true },
} as const;

export const requestHelp = `  <input>              page.png, or x=page.png where there are several inputs, or a list such as x='[[1, 2]]', or rate=16000 for a
                       scalar; inputs.json with {"x": [[1, 2]], ...} where there are several
                       PNG and JPEG become grey or RGB, 0..255 for UINT8, 0..1 for FP32; nothing is resized
                       .npy and JSON files hold nested lists; anything else is raw little-endian elements
  --shape x=2,3        of a raw file, where its size does not tell it
  --version <n>        or an alias; unless given the champion, or else the newest
  --output <name>      may be repeated; all of them unless given
  --timeout <ms>       10000 unless given
  --parameter k=v      a parameter of the request; v is true, false, a number or a text; may be repeated
${serverHelp}`;

export interface Question {
  /** Called with the inputs before the mesh is asked. */
  readonly onInputs?: (inputs: readonly Input[]) => Promise<void>;
  readonly explain?: boolean;
  readonly parameters?: AskOptions['parameters'];
}

/** A request as the options say it, at a server that is not asked yet. */
export interface Prepared {
  readonly remote: Remote;
  readonly inputs: readonly Tensor[];
  readonly options: AskOptions & { readonly timeoutMs: number };
}

/** Asks the mesh that the options name about `sources`, read as the model's inputs. */
export const askMesh = (
  name: string,
  sources: readonly string[],
  values: OptionValues,
  question: Question = {},
): Promise<Answered> =>
  withRequest(name, sources, values, question, ({ remote, inputs, options }) =>
    ask(remote, name, inputs, options).catch((error: unknown) => {
      throw withTimeAdvice(error, options.timeoutMs);
    }),
  );

/** Reads `sources` as the inputs of a model or pipeline of the mesh that the options name, for `use`. */
export async function withRequest<T>(
  name: string,
  sources: readonly string[],
  values: OptionValues,
  { onInputs, explain = false, parameters = {} }: Question,
  use: (prepared: Prepared) => Promise<T>,
): Promise<T> {
  const timeoutMs = integerOf('timeout', values['timeout'], 1, 3_600_000) ?? 10_000;
  const version = textOf(values['version']) ?? '';
  const given = pairs('parameter', values['parameter']).map(([key, text]): [string, Parameter] => [
    key,
    parameterOf(text),
  ]);
  const asked = serverOf(values);
  const { address, metadata, tls } = asked;
  const remote = createRemote(address, { service: address, limits, metadata, listenMs, tls });
  try {
    const description = await describe(remote, name, version, asked);
    const inputs = await readInputs(description, sources, shapesOf(values['shape']));
    await onInputs?.(inputs);
    const tensors = inputs.map(({ tensor }) => tensor);
    const outputs = (values['output'] ?? []) as string[];
    const own = { ...Object.fromEntries(given), ...parameters };
    return await use({ remote, inputs: tensors, options: { version, timeoutMs, outputs, explain, parameters: own } });
  } finally {
    remote.close();
  }
}

function parameterOf(text: string): Parameter {
  if (text === 'true' || text === 'false') return text === 'true';
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : text;
}

async function describe(remote: Remote, name: string, version: string, asked: AskedServer): Promise<ModelDescription> {
  try {
    return await remote.describe(name, version, describeTimeoutMs);
  } catch (error) {
    throw withAdvice(error, asked);
  }
}

export interface Input {
  /** The input as it came. */
  readonly bytes: Uint8Array;
  readonly tensor: Tensor;
}

/** `source`, or `name=source` where a model has several inputs. */
async function readInputs(
  { name: model, inputs }: ModelDescription,
  sources: readonly string[],
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<Input[]> {
  const names = inputs
    .map(({ name, datatype, shape, unranked }) => `${name} (${datatype} ${unranked ? 'of any shape' : `[${shape}]`})`)
    .join(', ');
  const given = (await namedInOne(inputs, sources)).map((source) => {
    const at = source.indexOf('=');
    const spec = at === -1 ? undefined : inputs.find(({ name }) => name === source.slice(0, at));
    const alone = spec ? undefined : inputs.length === 1 ? inputs[0] : undefined;
    const found = spec ?? alone;
    if (!found) throw new UsageError(`want <input>=<source>, got "${source}"; the inputs of ${model} are ${names}`);
    return { spec: found, source: spec ? source.slice(at + 1) : source };
  });
  const twice = given.find(({ spec }, index) => given.findIndex((other) => other.spec === spec) !== index);
  if (twice) throw new UsageError(`input "${twice.spec.name}" is given twice; the inputs of ${model} are ${names}`);
  const missing = inputs.find((spec) => !given.some((input) => input.spec === spec));
  if (missing) throw new UsageError(`input "${missing.name}" is missing; the inputs of ${model} are ${names}`);
  return Promise.all(
    given.map(async ({ spec, source }) => {
      const bytes = isScalar(spec, source) ? Buffer.from(source) : await readSource(source);
      return { bytes, tensor: await readTensor(bytes, spec, shapes.get(spec.name)) };
    }),
  );
}

/** One JSON file of lists by name stands for all inputs of a model that has several. */
async function namedInOne(inputs: readonly TensorSpec[], sources: readonly string[]): Promise<readonly string[]> {
  const [only] = sources;
  if (only === undefined || sources.length > 1 || inputs.length < 2 || !only.endsWith('.json')) return sources;
  const value = parseJson(await readSource(only), only);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${only}: want an object of lists by input, such as {"x": [[1, 2]]}`);
  return Object.entries(value).map(([name, list]) => `${name}=${JSON.stringify(list)}`);
}

/** A number, truth value or text in quotes, where that is all of an input. */
const isScalar = ({ shape, unranked }: TensorSpec, source: string): boolean =>
  shape.length === 0 && !unranked && /^(-?[0-9.][0-9.eE+-]*|true|false|".*")$/.test(source);

/** A list written on the command line, or a file. */
async function readSource(source: string): Promise<Uint8Array> {
  if (source.startsWith('[')) return Buffer.from(source);
  try {
    return await readFile(source);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : 'it cannot be read';
    throw new UsageError(`${source}: ${why}`);
  }
}

function shapesOf(given: OptionValues[string]): Map<string, number[]> {
  return new Map(
    ((given ?? []) as string[]).map((text) => {
      const match = /^([^=]+)=\[?([0-9]+(?:,[0-9]+)*)?\]?$/.exec(text);
      if (!match) throw new UsageError(`--shape: want <input>=<dimensions>, such as x=2,3, got "${text}"`);
      return [match[1] ?? '', (match[2] ?? '').split(',').filter(Boolean).map(Number)];
    }),
  );
}
