/** What a sample of the answers of a generation looks like, one series of values for each element of each output. */
import { elements, type Tensor, unpackBytes } from '@sheaf/inference';
import { decodeOutputs } from '../answers/row-outputs.ts';
import { type Stability, stabilityOfCategories, stabilityOfNumbers } from './psi.ts';

/** Rows of a sample. */
const rowsMax = 5_000;
/** Elements of an output that are looked at, from its first one. */
const elementsMax = 16;
const seriesMax = 64;

export interface OutputSample {
  /** Looks at the outputs of one row, as {@link decodeOutputs} reads them. */
  add(outputs: Uint8Array): void;
  /** By the name of the output and the number of the element, such as `score[0]`. */
  readonly series: ReadonlyMap<string, readonly (number | string)[]>;
}

/** Every row has the same chance to be in the sample (reservoir sampling). */
export function sampleOutputs(random = Math.random): OutputSample {
  const rows: Uint8Array[] = [];
  let seen = 0;
  return {
    add: (outputs) => {
      seen++;
      if (rows.length < rowsMax) rows.push(outputs);
      else {
        const at = Math.floor(random() * seen);
        if (at < rowsMax) rows[at] = outputs;
      }
    },
    get series() {
      const all = new Map<string, (number | string)[]>();
      for (const row of rows)
        for (const tensor of decodeOutputs(row))
          for (const [index, value] of valuesOf(tensor).entries()) {
            const name = `${tensor.name}[${index}]`;
            const values = all.get(name);
            if (values) values.push(value);
            else if (all.size < seriesMax) all.set(name, [value]);
          }
      return all;
    },
  };
}

function valuesOf(tensor: Tensor): readonly (number | string)[] {
  if (tensor.datatype === 'BYTES')
    return unpackBytes(tensor.data)
      .slice(0, elementsMax)
      .map((bytes) => Buffer.from(bytes).toString());
  const { datatype } = tensor;
  return Array.from(elements({ ...tensor, datatype }).slice(0, elementsMax), Number);
}

/** How far an element of an output has moved. */
export interface Moved extends Stability {
  readonly output: string;
}

/** Chance alone has any of them above what it is told to stay below in one of 1,000 comparisons. */
const wrongAlarms = 0.001;

/** Compares what both have, the one that has moved most first. Fewer than 50 rows on either side say nothing. */
export function compareSamples(before: OutputSample, now: OutputSample): Moved[] {
  const [was, is] = [before.series, now.series];
  const both = [...was.keys()].filter((name) => is.has(name));
  const confidence = 1 - wrongAlarms / Math.max(1, both.length);
  return both
    .flatMap((output) => {
      const [reference, values] = [was.get(output) ?? [], is.get(output) ?? []];
      if (Math.min(reference.length, values.length) < rowsMin) return [];
      const areNumbers = [...reference, ...values].every((value) => typeof value === 'number');
      const moved = areNumbers
        ? stabilityOfNumbers(reference as readonly number[], values as readonly number[], confidence)
        : stabilityOfCategories(reference.map(String), values.map(String), confidence);
      return [{ output, ...moved }];
    })
    .toSorted((a, b) => b.psi - a.psi);
}

const rowsMin = 50;
