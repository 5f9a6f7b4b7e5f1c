import type { Datatype, TensorSpec } from '@sheaf/inference';

/** A dimension. Two that are the same object are the same size in every call, known or not. */
export interface Dim {
  /** Undefined when only a call can tell. */
  readonly size: number | undefined;
  /** As somebody wrote it, or ''. */
  readonly name: string;
  /** Open, and as large as callers of the pipeline like. */
  readonly ofCallers?: boolean;
}

/** What is known of a tensor before any call. */
export interface TensorType {
  readonly datatype: Datatype;
  readonly dims: readonly Dim[];
  /** There may be none: its branch was not taken, its stage was optional and failed, its caller left it out. */
  readonly maybeAbsent: boolean;
  /** Of any rank, which only a call can tell; `dims` is then empty. */
  readonly unranked?: boolean | undefined;
  /** What its last dimension counts, where a model says so. */
  readonly labels?: readonly string[] | undefined;
}

export type Types = ReadonlyMap<string, TensorType>;

export const openDim = (name = '', ofCallers = false): Dim => ({ size: undefined, name, ofCallers });

/** Undefined where only a call can tell. */
export const rankOf = (type: TensorType | undefined): number | undefined =>
  type?.unranked ? undefined : type?.dims.length;

/** The same wherever the size is the same for certain. */
export const identity = (dim: Dim): Dim | number => dim.size ?? dim;

const shown = ({ size, name }: Dim): string => (size === undefined ? name || '-1' : String(size));
export const shownDims = (dims: readonly Dim[]): string => `[${dims.map(shown).join(', ')}]`;

/** `nameOf` says how a dimension that is open is called. */
export const toSpec = (
  name: string,
  { datatype, dims, maybeAbsent, unranked, labels }: TensorType,
  nameOf: (dim: Dim) => string = (dim) => dim.name,
): TensorSpec => {
  const symbols = dims.map((dim) => (dim.size === undefined ? nameOf(dim) : ''));
  return {
    name,
    datatype,
    shape: dims.map(({ size }) => size ?? -1),
    ...(symbols.some(Boolean) ? { symbols } : {}),
    ...(maybeAbsent ? { optional: true } : {}),
    ...(unranked ? { unranked } : {}),
    ...(labels ? { labels } : {}),
  };
};

/** One use of a signature: what its symbols stand for is found as its inputs are wired. */
export class Use {
  readonly #symbols = new Map<string, Dim>();
  readonly #ofCallers: boolean;

  /** `ofCallers`: the signature is the pipeline's own, and its inputs are what callers send. */
  constructor({ ofCallers = false } = {}) {
    this.#ofCallers = ofCallers;
  }

  /** Why `got` cannot be fed where `want` is asked for. With `looked`, something has looked at the sizes in the call before. */
  accept(want: TensorSpec, got: TensorType, { looked = false } = {}): string | undefined {
    if (got.datatype !== want.datatype) return `want datatype ${want.datatype}, got ${got.datatype}`;
    if (want.unranked || got.unranked) return undefined;
    if (got.dims.length !== want.shape.length)
      return `want rank ${want.shape.length} ([${want.shape.join(', ')}]), got rank ${got.dims.length} (${shownDims(got.dims)})`;
    for (const [axis, dim] of got.dims.entries()) {
      const why = this.#acceptDim(want.shape[axis] ?? -1, want.symbols?.[axis] ?? '', dim, looked);
      if (why) return `shape[${axis}]: ${why}`;
    }
    return undefined;
  }

  #acceptDim(want: number, symbol: string, got: Dim, looked: boolean): string | undefined {
    if (want !== -1) {
      if (got.size === undefined && got.ofCallers && !looked)
        return `want ${want}, got ${shown(got)}, which callers may send in any size; write ${want} in the shape of the input`;
      return got.size === undefined || got.size === want ? undefined : `want ${want}, got ${got.size}`;
    }
    if (symbol === '') return undefined;
    const bound = this.#symbols.get(symbol);
    if (!bound) this.#symbols.set(symbol, got);
    else if (!looked && differ(bound, got))
      return `want ${shown(bound)} (${symbol}, as another input has it), got ${shown(got)}`;
    return undefined;
  }

  /** An output of the signature, in terms of what its inputs were fed with. */
  give({ datatype, shape, symbols, optional, unranked, labels }: TensorSpec): TensorType {
    const dims = shape.map((size, axis) => (size === -1 ? this.#dim(symbols?.[axis] ?? '') : { size, name: '' }));
    return { datatype, dims, maybeAbsent: optional ?? false, unranked, labels };
  }

  #dim(symbol: string): Dim {
    const dim = this.#symbols.get(symbol) ?? openDim(symbol, this.#ofCallers);
    if (symbol !== '') this.#symbols.set(symbol, dim);
    return dim;
  }
}

/** Two sizes that are known, two names that somebody wrote, or a size and whatever callers send; and not the same. */
const differ = (a: Dim, b: Dim): boolean => {
  if (a === b) return false;
  if (a.size !== undefined && b.size !== undefined) return a.size !== b.size;
  if (a.size === undefined && b.size === undefined) return a.name !== '' && b.name !== '' && a.name !== b.name;
  return (a.size === undefined ? a : b).ofCallers ?? false;
};

/**
 * Why two tensors that stand for one another do not fit. Of `together`, one is combined with the other, so that what callers may send in different sizes does
 * not fit either. Names that two models gave say nothing of one another.
 */
export function unlike(first: TensorType, other: TensorType, { together = false } = {}): string | undefined {
  if (other.datatype !== first.datatype) return `want datatype ${first.datatype}, got ${other.datatype}`;
  if (first.unranked || other.unranked) return undefined;
  if (other.dims.length !== first.dims.length)
    return `want rank ${first.dims.length} (${shownDims(first.dims)}), got rank ${other.dims.length} (${shownDims(other.dims)})`;
  for (const [axis, got] of other.dims.entries()) {
    const want = first.dims[axis] ?? got;
    const known = want.size !== undefined && got.size !== undefined;
    const sent = together && (want.size !== undefined || want.ofCallers) && (got.size !== undefined || got.ofCallers);
    if ((known || sent) && differ(want, got)) return `shape[${axis}]: want ${shown(want)}, got ${shown(got)}`;
  }
  return undefined;
}

/** What holds of either. */
export const either = (a: TensorType, b: TensorType): TensorType => {
  const unranked = a.unranked || b.unranked;
  const both = a.dims.map((dim, axis) => {
    const other = b.dims[axis] ?? dim;
    return identity(dim) === identity(other) ? dim : openDim();
  });
  return {
    datatype: a.datatype,
    dims: unranked ? [] : both,
    maybeAbsent: a.maybeAbsent || b.maybeAbsent,
    unranked,
    labels: a.labels?.join('\n') === b.labels?.join('\n') ? a.labels : undefined,
  };
};

/** Tensors by name; one whose type could not be told is there without one. */
export type Given = ReadonlyMap<string, TensorType | undefined>;
