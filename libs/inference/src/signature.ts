import type { Datatype } from './datatype.ts';

/** What a model takes or gives under one name. A dimension of -1 may have any size. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Beside `shape`: what a dimension of -1 is called, or ''. Dimensions of one name are one size in any call; what is no name stands as '': see `dimensionName`. */
  readonly symbols?: readonly string[];
  /** An input that may be left out, an output that an answer may lack. */
  readonly optional?: boolean;
  /** Any rank will do, and none is known; `shape` is then `[]`. */
  readonly unranked?: boolean;
  /** What the last dimension counts, by name, in its order: the classes of a classifier. */
  readonly labels?: readonly string[];
}

export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** What ModelMetadata answers. */
export interface ModelDescription extends Signature {
  readonly name: string;
  readonly versions: readonly string[];
  /** e.g. `onnxruntime_onnx`, `sheaf_transform`, `sheaf_pipeline`. */
  readonly platform: string;
  /** What it says of itself, by key; ours begin with `sheaf_`. */
  readonly properties?: ReadonlyMap<string, string> | undefined;
}

/** Why a tensor of `got` cannot be fed where `want` is asked for, or undefined when it can. */
export function mismatch(
  want: TensorSpec,
  got: Pick<TensorSpec, 'datatype' | 'shape' | 'unranked'>,
): string | undefined {
  if (got.datatype !== want.datatype) return `want datatype ${want.datatype}, got ${got.datatype}`;
  if (want.unranked || got.unranked) return undefined;
  if (got.shape.length !== want.shape.length) {
    return `want rank ${want.shape.length} ([${want.shape}]), got rank ${got.shape.length} ([${got.shape}])`;
  }
  const axis = want.shape.findIndex((dim, index) => dim !== -1 && got.shape[index] !== -1 && got.shape[index] !== dim);
  return axis === -1 ? undefined : `shape[${axis}]: want ${want.shape[axis]}, got ${got.shape[axis]}`;
}
