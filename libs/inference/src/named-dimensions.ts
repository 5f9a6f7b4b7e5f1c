import type { TensorSpec } from './signature.ts';
import type { Tensor } from './tensor.ts';

/** Letters of any language, since tools write what people call things; dots, as in PaddlePaddle's `DynamicDimension.0`. */
const identifier = /^[\p{L}_][\p{L}\p{N}_.]*$/u;

/**
 * What a dimension is called in a model file, or '' when that is no name: `?` (Paddle2ONNX), `None` (Python's, of a shape that nobody gave) and formulas
 * such as `floor(H/2)` stand wherever a size is not known, so two of them need not be equal.
 */
export const dimensionName = (written: string): string =>
  identifier.test(written) && written !== 'None' ? written : '';

/** Of a call: what was sent or answered under the specs of one side. */
type Tensors = readonly Pick<Tensor, 'name' | 'shape'>[];

export interface Side {
  /** What one of its tensors is called in a sentence, such as `input`. */
  readonly noun: string;
  readonly specs: readonly TensorSpec[];
}

/** A tensor that has another size where a name stands than one before it. */
export interface Disagreement {
  readonly name: string;
  readonly index: number;
  readonly axis: number;
  readonly why: string;
}

/** A place where a name stands that stands in other places too. */
interface Place {
  readonly axis: number;
  readonly symbol: string;
}

/** Finds out once which names bind sizes to one another; what is answered looks at nothing else, since it runs for every call. */
export function compileDimensions(
  ...sides: readonly Side[]
): (...tensors: readonly Tensors[]) => Disagreement | undefined {
  const all = sides.flatMap(({ specs }) =>
    specs.flatMap(({ symbols = [] }) => symbols.filter((symbol) => symbol !== '')),
  );
  const shared = new Set(all.filter((symbol, index) => all.indexOf(symbol) !== index));
  if (shared.size === 0) return () => undefined;
  const places = sides.map(
    ({ specs }) =>
      new Map(
        specs.map(({ name, symbols = [] }): [string, readonly Place[]] => [
          name,
          symbols.flatMap((symbol, axis) => (shared.has(symbol) ? [{ axis, symbol }] : [])),
        ]),
      ),
  );
  return (...tensors) => {
    const bound = new Map<string, { readonly size: number; readonly by: string }>();
    for (const [side, own] of tensors.entries())
      for (const [index, { name, shape }] of own.entries())
        for (const { axis, symbol } of places[side]?.get(name) ?? []) {
          const size = shape[axis] ?? 0;
          const other = bound.get(symbol);
          if (!other) bound.set(symbol, { size, by: `${sides[side]?.noun} "${name}"` });
          else if (other.size !== size) {
            const why = `want ${other.size} (${symbol}, as ${other.by} has it), got ${size}`;
            return { name, index, axis, why };
          }
        }
    return undefined;
  };
}
