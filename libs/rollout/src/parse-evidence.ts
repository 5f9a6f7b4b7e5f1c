/** Reads evidence that another process has sent. */
import {
  type ArmEvidence,
  type Evidence,
  type Mean,
  namesMax,
  type OutputEvidence,
  type ShadowEvidence,
} from './evidence.ts';
import { type Example, type ExampleTensor, examplesMax, tensorsMax, valuesMax } from './examples.ts';
import { type Bins, binsMax } from './histogram.ts';

type Read<T> = (value: unknown, path: string) => T;

/** Told to whoever sent it. */
class NoEvidence extends Error {}

/** Of a name of a version, an output or a rule, of a text that explains, and of one value of a tensor. */
const charsMax = 1_024;

/** Answers what is wrong with it in a sentence where it is none. What is not known here is left out. */
export function parseEvidence(value: unknown): Evidence | string {
  try {
    return evidence(value, 'evidence');
  } catch (error) {
    if (error instanceof NoEvidence) return error.message;
    throw error;
  }
}

const no = (path: string, wish: string): never => {
  throw new NoEvidence(`${path}: want ${wish}`);
};

const finite: Read<number> = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? value : no(path, 'a number');
const amount: Read<number> = (value, path) => {
  const read = finite(value, path);
  return read >= 0 ? read : no(path, '0 or more');
};
const count: Read<number> = (value, path) =>
  Number.isSafeInteger(amount(value, path)) ? (value as number) : no(path, 'a whole number');
const text: Read<string> = (value, path) =>
  typeof value === 'string' && value.length <= charsMax ? value : no(path, `a text of at most ${charsMax} characters`);

const listOf =
  <T>(item: Read<T>, most: number): Read<T[]> =>
  (value, path) =>
    Array.isArray(value) && value.length <= most
      ? value.map((one, index) => item(one, `${path}.${index}`))
      : no(path, `a list of at most ${most}`);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** By names that are not known here. */
const byName =
  <T>(item: Read<T>): Read<Record<string, T>> =>
  (value, path) => {
    const entries = isObject(value) ? Object.entries(value) : no(path, 'an object');
    if (entries.length > namesMax) no(path, `at most ${namesMax} names`);
    const read = Object.create(null) as Record<string, T>;
    for (const [name, one] of entries) read[text(name, path)] = item(one, `${path}.${name}`);
    return read;
  };

const object =
  <T extends object>(fields: { readonly [Name in keyof T]-?: Read<T[Name]> }): Read<T> =>
  (value, path) => {
    if (!isObject(value)) return no(path, 'an object');
    const entries = Object.entries(fields) as [string, Read<unknown>][];
    return Object.fromEntries(entries.map(([name, read]) => [name, read(value[name], `${path}.${name}`)])) as T;
  };

const bins: Read<Bins> = listOf(count, binsMax);
const mean = object<Mean>({ count, sum: amount });

const tensors = listOf(
  object<ExampleTensor>({
    name: text,
    datatype: text,
    shape: listOf(count, charsMax),
    values: listOf((value, path) => (typeof value === 'string' ? text(value, path) : finite(value, path)), valuesMax),
  }),
  tensorsMax,
);

const example = object<Example>({
  score: amount,
  atMs: amount,
  trace: text,
  why: text,
  inputs: tensors,
  champion: tensors,
  shadow: tensors,
});

const evidence = object<Evidence>({
  arms: byName(object<ArmEvidence>({ calls: count, failed: count, ruled: count, latency: bins, loss: mean })),
  shadows: byName(
    object<ShadowEvidence>({
      compared: count,
      agreed: count,
      failed: count,
      rulesChanged: count,
      latency: bins,
      championLatency: bins,
      skipped: count,
      outputs: byName(object<OutputEvidence>({ compared: count, agreed: count, differences: bins })),
      rules: byName(count),
      examples: listOf(example, examplesMax),
    }),
  ),
});
