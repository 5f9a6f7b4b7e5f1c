import type { Datatype, TensorSpec } from '@sheaf/inference';

/** A dimension. Two that are the same object are the same size in every call, known or not. */
export interface Dim {
  /** Undefined when only a call can tell. */
  readonly size: number | undefined;
  /** As somebody wrote it, or ''. */
  readonly name: string;
}

/** What is known of a tensor before any call. */
export interface TensorType {
  readonly datatype: Datatype;
  readonly dims: readonly Dim[];
  /** There may be none: its branch was not taken, its stage was optional and failed, its caller left it out. */
  readonly maybeAbsent: boolean;
}

export type Types = ReadonlyMap<string, TensorType>;

export const openDim = (name = ''): Dim => ({ size: undefined, name });

/** The same wherever the size is the same for certain. */
export const identity = (dim: Dim): Dim | number => dim.size ?? dim;

const shown = ({ size, name }: Dim): string => (size === undefined ? name || '-1' : String(size));
export const shownDims = (dims: readonly Dim[]): string => `[${dims.map(shown).join(', ')}]`;

export const toSpec = (name: string, { datatype, dims, maybeAbsent }: TensorType): TensorSpec => {
  const symbols = dims.map((dim) => (dim.size === undefined ? dim.name : ''));
  return {
    name,
    datatype,
    shape: dims.map(({ size }) => size ?? -1),
    ...(symbols.some(Boolean) ? { symbols } : {}),
    ...(maybeAbsent ? { optional: true } : {}),
  };
};

/** One use of a signature: what its symbols stand for is found as its inputs are wired. */
export class Use {
  readonly #symbols = new Map<string, Dim>();

  /** Why `got` cannot be fed where `want` is asked for. */
  accept(want: TensorSpec, got: TensorType): string | undefined {
    if (got.datatype !== want.datatype) return `want datatype ${want.datatype}, got ${got.datatype}`;
    if (got.dims.length !== want.shape.length)
      return `want rank ${want.shape.length} ([${want.shape.join(', ')}]), got rank ${got.dims.length} (${shownDims(got.dims)})`;
    for (const [axis, dim] of got.dims.entries()) {
      const why = this.#acceptDim(want.shape[axis] ?? -1, want.symbols?.[axis] ?? '', dim);
      if (why) return `shape[${axis}]: ${why}`;
    }
    return undefined;
  }

  #acceptDim(want: number, symbol: string, got: Dim): string | undefined {
    if (want !== -1) return got.size === undefined || got.size === want ? undefined : `want ${want}, got ${got.size}`;
    if (symbol === '') return undefined;
    const bound = this.#symbols.get(symbol);
    if (!bound) this.#symbols.set(symbol, got);
    else if (differ(bound, got)) return `want ${shown(bound)} (${symbol}, as another input has it), got ${shown(got)}`;
    return undefined;
  }

  /** An output of the signature, in terms of what its inputs were fed with. */
  give({ datatype, shape, symbols, optional }: TensorSpec): TensorType {
    const dims = shape.map((size, axis) => (size === -1 ? this.#dim(symbols?.[axis] ?? '') : { size, name: '' }));
    return { datatype, dims, maybeAbsent: optional ?? false };
  }

  #dim(symbol: string): Dim {
    const dim = this.#symbols.get(symbol) ?? openDim(symbol);
    if (symbol !== '') this.#symbols.set(symbol, dim);
    return dim;
  }
}

/** Two sizes that are known, or two names that somebody wrote, and not the same. */
const differ = (a: Dim, b: Dim): boolean => {
  if (a === b) return false;
  if (a.size !== undefined && b.size !== undefined) return a.size !== b.size;
  return a.size === undefined && b.size === undefined && a.name !== '' && b.name !== '' && a.name !== b.name;
};

/** Why two tensors that stand for one another do not fit. */
export function unlike(first: TensorType, other: TensorType): string | undefined {
  const want = toSpec('', first);
  return new Use().accept({ ...want, symbols: [] }, other);
}

/** What holds of either. */
export const either = (a: TensorType, b: TensorType): TensorType => ({
  datatype: a.datatype,
  dims: a.dims.map((dim, axis) => {
    const other = b.dims[axis] ?? dim;
    return identity(dim) === identity(other) ? dim : openDim();
  }),
  maybeAbsent: a.maybeAbsent || b.maybeAbsent,
});
