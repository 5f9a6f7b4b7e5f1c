import type { Datatype } from './datatype.ts';
import { invalidTensor } from './error.ts';
import { compileDimensions } from './named-dimensions.ts';
import type { Tensor } from './tensor.ts';

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

/** What a signature says of every request, found out once. */
interface Compiled {
  readonly specs: ReadonlyMap<string, TensorSpec>;
  readonly disagreement: ReturnType<typeof compileDimensions>;
}

const compiled = new WeakMap<Signature, Compiled>();

function compile(signature: Signature): Compiled {
  const { inputs } = signature;
  const made = {
    specs: new Map(inputs.map((spec) => [spec.name, spec])),
    disagreement: compileDimensions({ noun: 'input', specs: inputs }),
  };
  compiled.set(signature, made);
  return made;
}

/**
 * Refuses missing, extra, duplicate and misfitting inputs, inputs that differ where their dimensions bear one name, and unknown or duplicate requested
 * outputs, each by name.
 */
export function checkRequest(signature: Signature, inputs: readonly Tensor[], outputs: readonly string[]): void {
  const { specs, disagreement } = compiled.get(signature) ?? compile(signature);
  const seen = new Set<string>();
  for (const [index, input] of inputs.entries()) {
    const spec = specs.get(input.name);
    if (!spec) {
      const known = signature.inputs.map(({ name }) => name).join(', ');
      throw invalidTensor(
        `inputs[${index}].name`,
        `no input "${input.name}"; the inputs are ${known}`,
        'INPUT_UNKNOWN',
      );
    }
    if (seen.has(input.name))
      throw invalidTensor(`inputs[${index}].name`, `input "${input.name}" is given twice`, 'INPUT_DUPLICATE');
    seen.add(input.name);
    const why = mismatch(spec, input);
    if (why) throw invalidTensor(`inputs[${index}]`, `input "${input.name}": ${why}`, 'SHAPE_MISMATCH');
  }
  const missing = signature.inputs.find(({ name, optional }) => !optional && !seen.has(name));
  if (missing) throw invalidTensor('inputs', `input "${missing.name}" is missing`, 'INPUT_MISSING');
  const found = disagreement(inputs);
  if (found) {
    const { index, axis, name, why } = found;
    throw invalidTensor(`inputs[${index}].shape[${axis}]`, `input "${name}": shape[${axis}]: ${why}`, 'SHAPE_MISMATCH');
  }
  checkRequestedOutputs(signature, outputs);
}

function checkRequestedOutputs(signature: Signature, outputs: readonly string[]): void {
  const known = new Set(signature.outputs.map(({ name }) => name));
  const seen = new Set<string>();
  for (const [index, name] of outputs.entries()) {
    if (!known.has(name)) {
      throw invalidTensor(
        `outputs[${index}].name`,
        `no output "${name}"; the outputs are ${[...known].join(', ')}`,
        'OUTPUT_UNKNOWN',
      );
    }
    if (seen.has(name))
      throw invalidTensor(`outputs[${index}].name`, `output "${name}" is asked for twice`, 'OUTPUT_DUPLICATE');
    seen.add(name);
  }
}
