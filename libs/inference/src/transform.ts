import type { Datatype } from './datatype.ts';
import type { Elements } from './tensor.ts';

/** A declared tensor of a transform. A dimension of -1 may have any size; one with a name too, the same wherever the name stands. */
export interface TensorDeclaration {
  readonly datatype: Datatype;
  readonly shape: readonly (number | string)[];
  /** Of an input: callers may leave it out. Default false. */
  readonly optional?: boolean;
}

type Declarations = Readonly<Record<string, TensorDeclaration>>;

/** A tensor as a transform reads and writes it: its elements as a typed array (BYTES: one Uint8Array per element). */
export interface Values<D extends Datatype> {
  readonly shape: readonly number[];
  readonly data: D extends 'BYTES' ? readonly Uint8Array[] : D extends keyof Elements ? Elements[D] : never;
}

type ValuesOf<T extends Declarations> = {
  readonly [K in keyof T]: T[K]['optional'] extends true
    ? Values<T[K]['datatype']> | undefined
    : Values<T[K]['datatype']>;
};

export interface TransformContext {
  /** Aborted when the deadline passes or the caller leaves. */
  readonly signal: AbortSignal;
}

export interface Transform {
  readonly inputs: Declarations;
  readonly outputs: Declarations;
  readonly run: (inputs: Readonly<Record<string, Values<Datatype>>>, context: TransformContext) => unknown;
}

/** Declares a processing step. The function runs in a worker of its own service, with a time limit; it returns every declared output. */
export function defineTransform<const I extends Declarations, const O extends Declarations>(
  { inputs, outputs }: { readonly inputs: I; readonly outputs: O },
  run: (inputs: ValuesOf<I>, context: TransformContext) => ValuesOf<O> | Promise<ValuesOf<O>>,
): Transform {
  return { inputs, outputs, run: run as Transform['run'] };
}

export function isTransform(value: unknown): value is Transform {
  return (
    typeof value === 'object' &&
    value !== null &&
    'inputs' in value &&
    'outputs' in value &&
    typeof (value as Transform).run === 'function'
  );
}
