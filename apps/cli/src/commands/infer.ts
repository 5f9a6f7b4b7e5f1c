import { readFile } from 'node:fs/promises';
import {
  defaultLimits,
  explanationParameter,
  InferError,
  type ModelDescription,
  parseExplanation,
  type Tensor,
} from '@sheaf/inference';
import { decodeImage, drawBoxes, readTensor, toJson } from '@sheaf/tensor-io';
import { createRemote, type Remote } from '@sheaf/transport';
import { type Answered, ask } from '../ask.ts';
import { type Command, integerOf, type OptionValues, textOf, UsageError, writeOrFail } from '../command.ts';
import { explanationTree, outputsTable } from '../print.ts';

const addressDefault = '127.0.0.1:8001';
const describeTimeoutMs = 5_000;
/** Whatever the door at the other end takes; it says so itself when it is too much. */
const limits = { ...defaultLimits, messageBytesMax: 64 * 1024 * 1024 };

export const infer: Command = {
  usage: 'infer <pipeline or model> <input> ...',
  summary: 'ask a running mesh, with an image, a .npy, JSON or raw tensors',
  options: {
    address: { type: 'string' },
    version: { type: 'string' },
    timeout: { type: 'string' },
    output: { type: 'string', multiple: true },
    shape: { type: 'string', multiple: true },
    json: { type: 'boolean' },
    explain: { type: 'boolean' },
    draw: { type: 'string' },
  },
  help: `  <input>              page.png, or x=page.png where there are several inputs, or a list such as x='[[1, 2]]'
                       PNG and JPEG become grey or RGB, 0..255 for UINT8, 0..1 for FP32; nothing is resized
                       .npy and JSON files hold nested lists; anything else is raw little-endian elements
  --shape x=2,3        of a raw file, where its size does not tell it
  --address <target>   ${addressDefault} unless given
  --version <n>        the newest unless given
  --output <name>      may be repeated; all of them unless given
  --timeout <ms>       10000 unless given
  --explain            the path the call took, with times
  --json               the answer as JSON
  --draw <out.png>     the image with the answer's boxes drawn on it`,
  async run([name, ...sources], values) {
    if (!name) throw new UsageError(`usage: sheaf ${infer.usage}`);
    const timeoutMs = integerOf('timeout', values.timeout, 1, 3_600_000) ?? 10_000;
    const version = textOf(values.version) ?? '';
    const address = textOf(values.address) ?? addressDefault;
    const door = createRemote(address, { service: address, limits });
    try {
      const description = await describe(door, name, version);
      const inputs = await readInputs(description, sources, shapesOf(values.shape));
      const image = await imageToDraw(textOf(values.draw), inputs);
      const tensors = inputs.map(({ tensor }) => tensor);
      const outputs = (values.output ?? []) as string[];
      const answered = await ask(door, name, tensors, {
        version,
        timeoutMs,
        outputs,
        explain: values.explain === true,
      });
      print(answered, values);
      if (image) {
        await writeOrFail(image.file, await drawBoxes(image.decoded, answered.response.outputs));
        console.error(`drawn: ${image.file}`);
      }
    } finally {
      door.close();
    }
  },
};

async function describe(door: Remote, name: string, version: string): Promise<ModelDescription> {
  try {
    return await door.describe(name, version, describeTimeoutMs);
  } catch (error) {
    if (error instanceof InferError && error.code === 'UNAVAILABLE')
      throw new UsageError(`${error.message}; is the mesh up? (sheaf up <folder>, or --address <host:port>)`);
    throw error;
  }
}

interface Input {
  /** As it came. */
  readonly bytes: Uint8Array;
  readonly tensor: Tensor;
}

/** `source`, or `name=source` where a model has several inputs. */
async function readInputs(
  { name: model, inputs }: ModelDescription,
  sources: readonly string[],
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<Input[]> {
  const names = inputs.map(({ name, datatype, shape }) => `${name} (${datatype} [${shape}])`).join(', ');
  const given = sources.map((source) => {
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
      const bytes = await readSource(source);
      return { bytes, tensor: await readTensor(bytes, spec, shapes.get(spec.name)) };
    }),
  );
}

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

/** Looked at before the mesh is asked: a picture of nothing is a mistake of the command. */
async function imageToDraw(file: string | undefined, inputs: readonly Input[]) {
  if (file === undefined) return undefined;
  const [first] = inputs;
  try {
    return { file, decoded: await decodeImage(first?.bytes ?? new Uint8Array()) };
  } catch (error) {
    throw new UsageError(`--draw wants an image as the first input: ${(error as Error).message}`);
  }
}

function print({ response, elapsedMs }: Answered, { json, explain }: OptionValues): void {
  const { model, version, outputs, parameters } = response;
  const explanation = explain ? parseExplanation(parameters.get(explanationParameter)) : undefined;
  if (json) {
    const others = [...parameters].filter(([key]) => key !== explanationParameter);
    const body = {
      model_name: model,
      model_version: version,
      parameters: Object.fromEntries(
        others.map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
      ),
      outputs: outputs.map(toJson),
      ...(explanation ? { explanation } : {}),
    };
    console.log(JSON.stringify(body));
    return;
  }
  console.log(`${model}/${version}  ${elapsedMs.toFixed(1)} ms\n`);
  console.log(outputsTable(outputs));
  if (explanation) console.log(`\n${explanationTree(explanation)}`);
}
