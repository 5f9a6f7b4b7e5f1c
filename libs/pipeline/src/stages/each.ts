import { either, integer, list, mapped, nonEmpty, optional, required, type ValuesOf } from '@sheaf/document';
import { type CallContext, InferError, type Tensor } from '@sheaf/inference';
import { cancelTogether } from '../engine/cancel.ts';
import { nothing, type RunStep, type StepResult } from '../engine/step.ts';
import { canJoin, join, split } from '../engine/tensor-parts.ts';
import { type CheckedStep, limits, type Step, type StepBase } from '../language/spec.ts';
import { tensorName } from '../language/tensors.ts';
import { type Given, openDim, rankOf, type TensorType, type Types } from '../types/tensor-type.ts';
import type { Checked, Place, StageKind, StepReaders, TypeChecker } from './stage-kind.ts';

interface EachStep extends StepBase {
  readonly kind: 'each';
  readonly step: Step;
  /** Inputs that are split; the others go to every part whole. */
  readonly over: readonly string[];
  readonly dimension: number;
  /** Elements in one part. */
  readonly size: number;
  /** Parts asked at once. */
  readonly concurrency: number;
}

interface CheckedEach extends Checked<EachStep> {
  /** Whether a part keeps the dimension that is split. */
  readonly keepsDimension: boolean;
}

declare module '../language/spec.ts' {
  interface StepKinds {
    readonly each: { readonly step: EachStep; readonly checked: CheckedEach };
  }
}

const over = mapped(
  either(
    (value) => typeof value === 'string',
    tensorName,
    nonEmpty(list(tensorName, 'a list of inputs', 16), 'want an input or more, got none'),
  ),
  (read) => (typeof read === 'string' ? [read] : read),
);

const fields = ({ step }: StepReaders) => ({
  each: required(step, 'Runs this step for every part of the inputs in `over`.'),
  over: required(over, 'The input to split, or a list of several of the same length.'),
  dimension: optional(integer(0, 15), 'Along which dimension. Default 0.'),
  size: optional(integer(1, 4096), 'Elements in a part. Default 1.'),
  concurrency: optional(integer(1, limits.concurrencyMax), 'Parts asked at once. Default 8.'),
});

export const each: StageKind<'each'> = {
  fields,
  read: (values: ValuesOf<ReturnType<typeof fields>>, base) => ({
    ...base,
    kind: 'each',
    step: values.each,
    over: values.over,
    dimension: values.dimension ?? 0,
    size: values.size ?? 1,
    concurrency: values.concurrency ?? 8,
  }),
  holdsOneStep: true,
  inner: ({ step }, path) => [{ step, path: [...path, 'each'], label: 'each part', isRequired: true }],
  runs: 'all',
  targets: () => [],
  expressions: () => [],
  validate({ step }, path, problems, inside) {
    const own = inside(step, [...path, 'each']).find((inner) => inner.step.inputs);
    if (own) problems.add([...own.path, 'inputs'], 'a step inside each takes the inputs of each');
  },
  check: checkEach,
  compile: ({ step, inner: [inner], outputs, keepsDimension: keeps }, where, compiler) =>
    createEach(step, outputs, keeps, compiler.inner(inner as CheckedStep, where)),
  describe: ({ over: split, step }) => ({ asks: `each of ${split.join(', ')}`, caption: (of) => `each: ${of(step)}` }),
  reference: {
    example: `
read:
  each: { model: digits-cnn }
  over: pixels                            # split along dimension 0, \`size\` elements at a time
  size: 16
  inputs: { pixels: crop.digits }`,
  },
};

function checkEach(step: EachStep, given: Given, place: Place, types: TypeChecker): CheckedEach | undefined {
  const { path } = place;
  const why = splitMistake(step, given);
  if (why !== undefined) return types.problems.add([...path, 'over'], why);
  const keeps = keepsDimension(step, given, types);
  if (!keeps && step.size > 1)
    types.problems.add([...path, 'size'], `want 1, since a part has no dimension ${step.dimension}, got ${step.size}`);
  const inner = types.inner(step.step, partOf(step, given, keeps), { ...place, path: [...path, 'each'] });
  if (!inner) return undefined;
  const outputs = joinedOutputs(step, given, inner.outputs, keeps, (message) =>
    types.problems.add([...path, 'each'], message),
  );
  return { kind: 'each', step, outputs, inner: [inner], keepsDimension: keeps };
}

function splitMistake({ over: split, dimension }: EachStep, given: Given): string | undefined {
  const missing = split.find((name) => !given.has(name));
  if (missing !== undefined) return `there is no input "${missing}"; the inputs are ${[...given.keys()].join(', ')}`;
  const shallow = split.find((name) => (rankOf(given.get(name)) ?? 16) <= dimension);
  return shallow === undefined ? undefined : `input "${shallow}" has no dimension ${dimension} to be split along`;
}

/** A part keeps the dimension, as 1 or a few, unless what is asked takes one dimension less. */
function keepsDimension({ step, over: [name = ''] }: EachStep, given: Given, types: TypeChecker): boolean {
  const rank = rankOf(given.get(name));
  const want = types.firstTaker(step)?.inputs.find((input) => input.name === name);
  return !want || want.unranked || rank === undefined || want.shape.length >= rank;
}

/** What the step is given of each part. */
function partOf({ over: split, dimension, size }: EachStep, given: Given, keeps: boolean): Given {
  const partDim = () => (size === 1 ? { size: 1, name: '' } : openDim());
  return new Map(
    [...given].map(([name, type]): [string, TensorType | undefined] => {
      if (!type || !split.includes(name)) return [name, type];
      // Without the only input that is split there is no part, so a part has it.
      const maybeAbsent = type.maybeAbsent && split.length > 1;
      if (type.unranked) return [name, { ...type, maybeAbsent }];
      const dims = keeps ? type.dims.with(dimension, partDim()) : type.dims.toSpliced(dimension, 1);
      return [name, { ...type, dims, maybeAbsent }];
    }),
  );
}

function joinedOutputs(
  { over: split, dimension }: EachStep,
  given: Given,
  parts: Types,
  keeps: boolean,
  add: (message: string) => void,
): Types {
  const noneSent = split.every((name) => given.get(name)?.maybeAbsent);
  const whole = given.get(split[0] ?? '')?.dims[dimension] ?? openDim();
  return new Map(
    [...parts].map(([name, type]): [string, TensorType] => {
      const maybeAbsent = type.maybeAbsent || noneSent;
      if (type.unranked) return [name, { ...type, maybeAbsent }];
      if (keeps && type.dims.length <= dimension)
        add(`its output "${name}" has no dimension ${dimension} to be joined along`);
      const dims = keeps
        ? type.dims.with(Math.min(dimension, Math.max(0, type.dims.length - 1)), whole)
        : type.dims.toSpliced(Math.min(dimension, type.dims.length), 0, whole);
      return [name, { ...type, dims, maybeAbsent }];
    }),
  );
}

/** Splits some inputs, runs the step for every part, and joins what they give in order. The first failure is the answer and cancels the others. */
function createEach(step: EachStep, outputs: Types, keepsDimension: boolean, run: RunStep): RunStep {
  const { over, dimension, size, concurrency } = step;
  return async (inputs, wanted, call, context) => {
    // What it would have split was not computed or not sent, so neither is what it gives.
    if (!inputs.some(({ name }) => over.includes(name))) return nothing;
    const count = lengthOf(inputs, step);
    if (count === 0) return { outputs: wanted.flatMap((name) => empty(name, outputs)), versions: [], notes: [] };
    const parts = Math.ceil(count / size);
    if (parts > limits.partsMax) {
      throw new InferError('RESOURCE_EXHAUSTED', `each: want at most ${limits.partsMax} parts, got ${parts}`, {
        reason: 'TOO_MANY_PARTS',
        metadata: { limit: String(limits.partsMax), parts: String(parts) },
      });
    }
    context.journal.mark(context.span, { 'sheaf.parts': parts });
    const pieces = inputs.map((input) =>
      over.includes(input.name) ? split(input, dimension, size, keepsDimension) : input,
    );
    const inputsOf = (part: number): Tensor[] =>
      pieces.map((piece) => (Array.isArray(piece) ? (piece[part] as Tensor) : (piece as Tensor)));
    const results = await runParts(parts, concurrency, context, (part, inner) =>
      run(inputsOf(part), wanted, call, inner),
    );
    return {
      outputs: wanted.flatMap((name) => joined(name, results, step, keepsDimension)),
      versions: [...new Set(results.flatMap(({ versions }) => versions))],
      notes: results.flatMap(({ notes }) => notes),
    };
  };
}

function lengthOf(inputs: readonly Tensor[], { over, dimension }: EachStep): number {
  const [first, ...others] = inputs.filter(({ name }) => over.includes(name));
  const count = first?.shape[dimension] ?? 0;
  const other = others.find(({ shape }) => shape[dimension] !== count);
  if (other)
    throw new InferError(
      'INVALID_ARGUMENT',
      `each: inputs "${first?.name}" and "${other.name}" have ${count} and ${other.shape[dimension]} elements along dimension ${dimension}; want as many`,
      { reason: 'TENSOR_INVALID' },
    );
  return count;
}

async function runParts(
  parts: number,
  concurrency: number,
  context: CallContext,
  run: (part: number, context: CallContext) => Promise<StepResult>,
): Promise<StepResult[]> {
  const results = new Array<StepResult>(parts);
  await cancelTogether(context, async (inner) => {
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let part = next++; part < parts; part = next++) results[part] = await run(part, inner);
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, parts) }, lane));
  });
  return results;
}

function joined(name: string, results: readonly StepResult[], { dimension }: EachStep, keeps: boolean): Tensor[] {
  const parts = results.flatMap(({ outputs }) => outputs.find((output) => output.name === name) ?? []);
  // A part that did not give it leaves a hole that no place in the whole could tell.
  if (parts.length < results.length) return [];
  if (!canJoin(parts, dimension, keeps))
    throw new InferError('INTERNAL', `each: the parts of "${name}" have different shapes and cannot be joined`, {
      reason: 'STAGE_CONTRACT_VIOLATION',
    });
  return [join(parts, dimension, keeps)];
}

/** No elements, nothing asked: the shape is what the signature says, and 0 wherever it leaves that open. */
function empty(name: string, outputs: Types): Tensor[] {
  const type = outputs.get(name);
  if (!type) return [];
  return [
    {
      name,
      datatype: type.datatype,
      shape: type.unranked ? [0] : type.dims.map(({ size }) => size ?? 0),
      data: new Uint8Array(0),
    },
  ];
}
