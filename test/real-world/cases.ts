/** What make_models.py has written: each model, what it is asked, and what ONNX Runtime answers in Python. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StockClient } from '../support/stock-client.ts';

const cache = fileURLToPath(new URL('../../.cache/real-world/', import.meta.url));
const made = join(cache, 'made');

export const mesh = join(made, 'mesh');
export const installed = existsSync(join(cache, 'stamp'));
/** For `skip`: false, or why. Where everything is required the tests run, and fail. */
export const skip =
  installed || process.env['SHEAF_INTEROP'] === 'required'
    ? false
    : 'models of real tools are not there: run test/real-world/install.sh';

/** A tensor, its raw bytes in base64. */
interface Told {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: string;
}

interface Output extends Told {
  /** Of a model that draws lots: in each place stands what one of these has there. */
  readonly either?: readonly string[];
}

export interface Call {
  readonly inputs: readonly Told[];
  readonly outputs: readonly Output[];
}

export interface Case {
  readonly tool: string;
  readonly model: string;
  readonly calls: readonly Call[];
}

/** None where nothing is installed. */
export const cases: readonly Case[] = installed ? JSON.parse(await readFile(join(made, 'cases.json'), 'utf8')) : [];

const bytesOf = (base64: string): Buffer => Buffer.from(base64, 'base64');

/** A call may take long on a busy machine. */
const timeoutMs = 60_000;

export async function ask(client: StockClient, model: string, { inputs }: Call): Promise<Told[]> {
  const request = {
    model_name: model,
    inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    raw_input_contents: inputs.map(({ data }) => bytesOf(data)),
  };
  const { error, reply } = await client.call('ModelInfer', request, timeoutMs);
  if (error) throw error;
  const { outputs, raw_output_contents: raw } = reply as {
    outputs: { name: string; datatype: string; shape: string[] }[];
    raw_output_contents: Buffer[];
  };
  return outputs.map(({ name, datatype, shape }, index) => {
    return { name, datatype, shape: shape.map(Number), data: (raw[index] ?? Buffer.alloc(0)).toString('base64') };
  });
}

/** `alone`: to the bit. In company, rows may have been summed in another order, which costs bits of the last places. */
export type Company = 'alone' | 'in company';

/** How far a number may be off in company, as a part of the largest of its tensor. */
const roundingMax: Readonly<Record<string, number>> = { FP64: 2 ** -40, FP32: 2 ** -16, FP16: 2 ** -8, BF16: 2 ** -6 };

export function assertSame(got: readonly Told[], wanted: readonly Output[], company: Company): void {
  const outline = ({ name, datatype, shape }: Told) => `${name}: ${datatype} [${shape.join(', ')}]`;
  assert.deepEqual(got.map(outline).sort(), wanted.map(outline).sort());
  for (const output of wanted) {
    const { data = '' } = got.find(({ name }) => name === output.name) ?? {};
    if (output.either) assertEither(data, output);
    else if (data !== output.data) assertNear(data, output, company);
  }
}

function assertEither(data: string, { name, datatype, either = [] }: Output): void {
  const values = numbersOf(datatype, data);
  const choices = either.map((choice) => numbersOf(datatype, choice));
  const wrong = values.findIndex((value, index) => !choices.some((choice) => choice[index] === value));
  assert.equal(wrong, -1, `${name}[${wrong}] is ${values[wrong]}, which none of the choices has there`);
}

function assertNear(data: string, { name, datatype, data: wanted }: Output, company: Company): void {
  const tolerance = company === 'alone' ? 0 : (roundingMax[datatype] ?? 0);
  if (tolerance === 0) assert.equal(shown(datatype, data), shown(datatype, wanted), `${name} has other bytes`);
  const right = numbersOf(datatype, wanted);
  const largest = Math.max(...right.map(Math.abs));
  const off = numbersOf(datatype, data).map((value, index) => Math.abs(value - (right[index] ?? 0)) / largest);
  // Not `off > tolerance`: NaN is off.
  const wrong = off.findIndex((value) => !(value <= tolerance));
  assert.equal(wrong, -1, `${name}[${wrong}] is off by ${off[wrong]} of the largest, at most ${tolerance} is rounding`);
}

const shown = (datatype: string, data: string): string =>
  datatype in roundingMax ? numbersOf(datatype, data).join(' ') : bytesOf(data).toString('latin1');

/** As numbers that can be subtracted. */
function numbersOf(datatype: string, base64: string): number[] {
  const bytes = bytesOf(base64);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const every = (size: number, read: (at: number) => number) =>
    Array.from({ length: bytes.byteLength / size }, (_, index) => read(index * size));
  switch (datatype) {
    case 'FP64':
      return every(8, (at) => view.getFloat64(at, true));
    case 'FP32':
      return every(4, (at) => view.getFloat32(at, true));
    case 'FP16':
      return every(2, (at) => view.getFloat16(at, true));
    case 'BF16':
      return every(2, (at) => bfloat16(view.getUint16(at, true)));
    default:
      throw new Error(`${datatype} has no rounding`);
  }
}

/** The upper half of a float32. */
function bfloat16(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}
