/** The worst disagreements of a shadow, kept to be looked at. They hold what callers sent, so somebody has to have allowed it. */
import { type Tensor, unpackBytes } from '@sheaf/inference';
import { numbersOf } from './numbers-of.ts';

export interface Example {
  /** How bad: 1 and more where labels differ, by the largest difference of numbers else. */
  readonly score: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Of the caller's call. */
  readonly trace: string;
  /** In words. */
  readonly why: string;
  readonly inputs: readonly ExampleTensor[];
  readonly champion: readonly ExampleTensor[];
  readonly shadow: readonly ExampleTensor[];
}

/** The beginning of a tensor, as far as it is kept. */
export interface ExampleTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

export const examplesMax = 5;
/** Of each tensor; of texts so many letters. */
export const valuesMax = 64;
const lettersMax = 64;
export const tensorsMax = 8;

export const worstOf = (examples: readonly Example[]): readonly Example[] =>
  examples.toSorted((a, b) => b.score - a.score).slice(0, examplesMax);

/** Whether one as bad as this would be kept. */
export const isAmongWorst = (examples: readonly Example[], score: number): boolean =>
  examples.length < examplesMax || score > (examples.at(-1)?.score ?? 0);

export const exampleTensors = (tensors: readonly Tensor[]): readonly ExampleTensor[] =>
  tensors.slice(0, tensorsMax).map((tensor) => {
    const { name, datatype, shape } = tensor;
    return { name, datatype, shape, values: valuesOf(tensor) };
  });

function valuesOf(tensor: Tensor): readonly (number | string)[] {
  if (tensor.datatype === 'BYTES')
    return unpackBytes(tensor.data)
      .slice(0, valuesMax)
      .map((bytes) => Buffer.from(bytes).toString('utf8').slice(0, lettersMax));
  // JSON has no numbers that are not finite.
  return Array.from(numbersOf(tensor, valuesMax), (value) => (Number.isFinite(value) ? value : String(value)));
}
