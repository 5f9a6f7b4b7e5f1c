import { type CallContext, InferError, type Tensor } from '@sheaf/inference';
import { type EachStep, limits } from '../language/spec.ts';
import type { Resolved } from '../types/resolved.ts';
import type { Types } from '../types/tensor-type.ts';
import { cancelTogether } from './cancel.ts';
import { nothing, type RunStep, type StepResult } from './step.ts';
import { canJoin, join, split } from './tensor-parts.ts';

/** Splits some inputs, runs the step for every part, and joins what they give in order. The first failure is the answer and cancels the others. */
export function createEach(
  step: EachStep,
  { outputs = new Map(), keepsDimension = true }: Resolved,
  run: RunStep,
): RunStep {
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
