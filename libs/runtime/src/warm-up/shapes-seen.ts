/** What the outputs of a model really look like: tools declare shapes that are not true, and the runtime answers all the same. */
import { log, mismatch, type Signature, type Tensor, type TensorSpec } from '@sheaf/inference';
import type { PackedTensor } from '../tasks/packed-tensor.ts';

/** The shapes of each output, as they were seen. */
export class ShapesSeen {
  readonly #shapes = new Map<string, (readonly number[])[]>();

  add(outputs: readonly PackedTensor[]): void {
    for (const { name, shape } of outputs) {
      const known = this.#shapes.get(name) ?? [];
      this.#shapes.set(name, known);
      if (!known.some((one) => String(one) === String(shape))) known.push(shape);
    }
  }

  /** `declared`, with the outputs as they were seen where that is not as declared: -1 where a dimension varies. */
  correct(declared: Signature): Signature {
    const hasOpenInput = declared.inputs.some(({ shape }) => shape.includes(-1));
    // Of inputs of any rank one was tried: what the outputs are for another is not known.
    if (declared.inputs.some(({ unranked }) => unranked)) return declared;
    const outputs = declared.outputs.map((spec) => correctSpec(spec, this.#shapes.get(spec.name) ?? [], hasOpenInput));
    return { ...declared, outputs };
  }
}

function correctSpec(spec: TensorSpec, seen: readonly (readonly number[])[], hasOpenInput: boolean): TensorSpec {
  const [first] = seen;
  // What has several ranks has no shape that could be told.
  if (!first || seen.some(({ length }) => length !== first.length)) return spec;
  const isRank = !spec.unranked && first.length === spec.shape.length;
  const isTrue = (axis: number): boolean => {
    const dim = spec.shape[axis];
    return isRank && (dim === -1 || seen.every((shape) => shape[axis] === dim));
  };
  if (first.every((_, axis) => isTrue(axis)) && isRank) return spec;
  // One sight says nothing of what an open dimension of an input does.
  const isFixed = (axis: number): boolean =>
    seen.every((shape) => shape[axis] === first[axis]) && (seen.length > 1 || !hasOpenInput);
  const shape = first.map((dim, axis) => (isTrue(axis) ? (spec.shape[axis] as number) : isFixed(axis) ? dim : -1));
  const { symbols, unranked: _, ...rest } = spec;
  return { ...rest, shape, ...(isRank && symbols ? { symbols } : {}) };
}

/** A model's answer is what the runtime gives, whatever its file declares: told once for each output. */
export function outputsAsSeen({ outputs: specs }: Signature, subject: string): (outputs: readonly Tensor[]) => void {
  const told = new Set<string>();
  return (outputs) => {
    for (const output of outputs) {
      const spec = specs.find(({ name }) => name === output.name);
      const why = spec && !told.has(output.name) && mismatch(spec, output);
      if (!why) continue;
      told.add(output.name);
      const line = `${subject}: output "${output.name}" is not as declared: ${why}; it is answered as it is`;
      log('model.undeclared', line, { subject, output: output.name });
    }
  };
}

/** What a file declares of its outputs and is not so. */
export const untrue = (declared: Signature, real: Signature): string[] =>
  real.outputs.flatMap(({ name, shape }, index) => {
    const { shape: told = [], unranked } = declared.outputs[index] ?? {};
    return unranked || String(told) === String(shape)
      ? []
      : [`output "${name}" is declared as [${told}] and is [${shape}]`];
  });
