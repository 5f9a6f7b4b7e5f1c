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

/** A tensor that a transform sends to a model or pipeline, or gets from one. */
export type TypedValues = { readonly [D in Datatype]: { readonly datatype: D } & Values<D> }[Datatype];

export interface TransformContext {
  /** Aborted when the deadline passes or the caller leaves. */
  readonly signal: AbortSignal;
  /**
   * Asks a model or pipeline of the mesh that is named in `uses`, under the deadline, the trace and the configuration of this call; `outputs` are all
   * unless named. Rejects with a sentence; a rejection that is not caught is the transform's own.
   */
  infer(
    model: string,
    inputs: Readonly<Record<string, TypedValues>>,
    outputs?: readonly string[],
  ): Promise<Readonly<Record<string, TypedValues>>>;
}

export interface Transform {
  readonly inputs: Declarations;
  readonly outputs: Declarations;
  /** Models and pipelines that it may ask. */
  readonly uses: readonly string[];
  /** Whether asking it twice does no more than asking it once. */
  readonly pure: boolean;
  readonly run: (inputs: Readonly<Record<string, Values<Datatype>>>, context: TransformContext) => unknown;
}

export interface TransformDeclaration<I, O> {
  readonly inputs: I;
  readonly outputs: O;
  /** Models and pipelines that it may ask. Default: none. */
  readonly uses?: readonly string[];
  /** Whether asking it twice does no more than asking it once: then a call that failed may be tried again. Default false. */
  readonly pure?: boolean;
}

/**
 * Declares a processing step. The function runs in a process of its own, with a time limit; it returns every declared output. It may read its mesh folder
 * and its packages; the network, native add-ons and all else are granted in mesh.yaml: `network`, `addons` or `trusted` of its service.
 */
export function defineTransform<const I extends Declarations, const O extends Declarations>(
  { inputs, outputs, uses = [], pure = false }: TransformDeclaration<I, O>,
  run: (inputs: ValuesOf<I>, context: TransformContext) => ValuesOf<O> | Promise<ValuesOf<O>>,
): Transform {
  return { inputs, outputs, uses, pure, run: run as Transform['run'] };
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
