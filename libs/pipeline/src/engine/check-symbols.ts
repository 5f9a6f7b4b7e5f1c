import { invalidField, type Tensor, type TensorSpec } from '@sheaf/inference';

/** Refuses inputs in which dimensions of one name differ: found at the door, not by a model behind three stages. */
export function checkSymbols(specs: readonly TensorSpec[], inputs: readonly Tensor[]): void {
  const bound = new Map<string, { readonly size: number; readonly input: string }>();
  for (const [index, { name, shape }] of inputs.entries()) {
    const { symbols = [] } = specs.find((spec) => spec.name === name) ?? {};
    for (const [axis, symbol] of symbols.entries()) {
      if (symbol === '') continue;
      const size = shape[axis] ?? 0;
      const other = bound.get(symbol);
      if (!other) bound.set(symbol, { size, input: name });
      else if (other.size !== size)
        throw invalidField(
          `inputs[${index}].shape[${axis}]`,
          `input "${name}": want ${other.size} (${symbol}, as input "${other.input}" has it), got ${size}`,
          'SHAPE_MISMATCH',
        );
    }
  }
}
