import { invalidTensor } from './error.ts';
import { compileDimensions } from './named-dimensions.ts';
import { mismatch, type Signature, type TensorSpec } from './signature.ts';
import type { Tensor } from './tensor.ts';

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
