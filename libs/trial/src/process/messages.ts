/**
 * What the process of a trial is told, and what it tells: lines of JSON. What it runs may have taken it over, so what comes from it is read under bounds, by the
 * definitions below, before anything looks at it.
 */
import {
  boolean,
  choice,
  integer,
  list,
  mapped,
  number,
  optional,
  Problems,
  type Reader,
  record,
  required,
  scalar,
  type ValueOf,
} from '@sheaf/document';
import {
  datatypes,
  inferErrorCodes,
  type Signature,
  type TrialComparison,
  type TrialReport,
  trialChecks,
} from '@sheaf/inference';
import type { Candidate } from '../candidate.ts';
import type { TrialLimits } from '../limits.ts';

/** The descriptor of the channel, in the process of a trial. */
export const channel = 3;

/** One candidate, and the version that it is compared with. */
export interface TrialJob {
  readonly candidate: Candidate;
  readonly against?: Candidate | undefined;
}

export interface Orders {
  readonly jobs: readonly TrialJob[];
  /** The first that is tried. */
  readonly from: number;
  readonly limits: TrialLimits;
  readonly memoryBytesMax: number;
}

/** What it is at, as a sentence has it after "while". */
export const trialSteps = [
  'its files were read',
  'it was loaded',
  'its golden set was run',
  'it was run on made-up input',
  'it was run in several threads',
  'it was compared with the current version',
  'it was closed',
] as const;
export type TrialStep = (typeof trialSteps)[number];

const lineBytesMax = 16 * 2 ** 20;
const textCharsMax = 4_096;
const entriesMax = 8_192;

const about = '';
const anyText: Reader<string> = scalar(
  `a text of at most ${textCharsMax} characters`,
  (value): value is string => typeof value === 'string' && value.length <= textCharsMax,
  { type: 'string' },
);
const texts = list(anyText, 'a list of texts', entriesMax);
const amount = number(0);

const tensorSpec = record({
  name: required(anyText, about),
  datatype: required(choice(datatypes), about),
  shape: required(list(integer(-1), 'a list of sizes', 64), about),
  symbols: optional(texts, about),
  optional: optional(boolean, about),
  unranked: optional(boolean, about),
  labels: optional(texts, about),
});
const specs = list(tensorSpec, 'a list of tensors', entriesMax);

/** Without the keys that are not there: what is stored has to be the same when it is read again. */
export const compact = <T extends object>(value: T): Compact<T> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Compact<T>;

/** What may be undefined is not there then. */
type Compact<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

const signature: Reader<Signature> = mapped(
  record({ inputs: required(specs, about), outputs: required(specs, about) }),
  ({ inputs, outputs }) => ({ inputs: inputs.map(compact), outputs: outputs.map(compact) }) as Signature,
);

const finding = record({
  check: required(choice(trialChecks), about),
  text: required(anyText, about),
  code: optional(choice(inferErrorCodes), about),
});

const output = mapped(
  record({
    output: required(anyText, about),
    compared: required(integer(0), about),
    agreement: required(number(0, 1), about),
    sameLargest: optional(number(0, 1), about),
    differenceMax: optional(amount, about),
    differenceMean: optional(amount, about),
  }),
  compact,
);

/** What was found out, without what it means. */
export interface TrialFacts
  extends Partial<Pick<TrialReport, 'sizeBytes' | 'declared' | 'signature' | 'batching' | 'loadMs' | 'golden'>> {
  readonly against?: Omit<TrialComparison, 'name' | 'version'>;
}

const facts: Reader<TrialFacts> = mapped(
  record({
    sizeBytes: optional(integer(0), about),
    declared: optional(signature, about),
    signature: optional(signature, about),
    batching: optional(
      mapped(
        record({
          batched: required(boolean, about),
          rowsMax: optional(integer(1), about),
          byWord: optional(boolean, about),
          text: required(anyText, about),
        }),
        compact,
      ),
      about,
    ),
    loadMs: optional(amount, about),
    golden: optional(record({ tests: required(integer(0), about), failed: required(integer(0), about) }), about),
    against: optional(
      mapped(
        record({
          timeRatio: optional(amount, about),
          runMs: optional(amount, about),
          currentRunMs: optional(amount, about),
          pairs: required(integer(0), about),
          sizeRatio: required(amount, about),
          outputs: required(list(output, 'a list of outputs', entriesMax), about),
          breaking: required(texts, about),
        }),
        compact,
      ),
      about,
    ),
  }),
  (read) => compact(read) as TrialFacts,
);

const message = record({
  /** One candidate is begun; all that comes is about it. */
  began: optional(integer(0), about),
  step: optional(choice(trialSteps), about),
  found: optional(finding, about),
  facts: optional(facts, about),
  /** That candidate is done; the most bytes that the process has taken. */
  done: optional(integer(0), about),
});
export type TrialMessage = Partial<ValueOf<typeof message>>;

/** A text that the other side takes. */
export const shortened = (text: string): string =>
  text.length <= textCharsMax ? text : `${text.slice(0, textCharsMax - 3)}...`;

/** Splits what comes into lines, each of them JSON. Throws where one is too long, or is none. */
export function createLineReader(onLine: (value: unknown) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = [];
  let bytes = 0;
  return (chunk) => {
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      const line = Buffer.concat([...pieces, rest.subarray(0, end)]).toString();
      pieces = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
      onLine(JSON.parse(line));
    }
    bytes += rest.byteLength;
    if (bytes > lineBytesMax) throw new RangeError(`a message has more than ${lineBytesMax} bytes`);
    if (rest.byteLength > 0) pieces.push(rest);
  };
}

export const writeLine = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** Throws for what is no message of a trial. */
export function readMessage(value: unknown): TrialMessage {
  const problems = new Problems();
  const read = message.read(value, [], problems);
  const [problem] = problems.list;
  if (problem || !read) throw new TypeError(`${problem?.path.join('.')}: ${problem?.message}`);
  return read;
}
