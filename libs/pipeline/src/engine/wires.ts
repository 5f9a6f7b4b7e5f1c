import { InferError, type Tensor } from '@sheaf/inference';
import type { Reference } from '../language/spec.ts';
import { contractViolation } from './errors.ts';
import type { Call } from './step.ts';

/** The tensor behind a reference; undefined when it was not computed or not sent. */
export function tensorAt(
  { stage, name }: Reference,
  { request, results }: Pick<Call, 'request' | 'results'>,
): Tensor | undefined {
  const tensors = stage === undefined ? request.inputs : results.get(stage)?.outputs;
  return tensors?.find((candidate) => candidate.name === name);
}

/** The tensors behind the wires, under the names of what they are fed to; undefined when one that is needed is absent. */
export function gatherIfThere(
  wires: ReadonlyMap<string, Reference>,
  call: Pick<Call, 'request' | 'results'>,
): Tensor[] | undefined {
  const tensors: Tensor[] = [];
  for (const [name, reference] of wires) {
    const tensor = tensorAt(reference, call);
    if (tensor) tensors.push(tensor.name === name ? tensor : { ...tensor, name });
    else if (!reference.optional) return undefined;
  }
  return tensors;
}

export function gather(wires: ReadonlyMap<string, Reference>, call: Pick<Call, 'request' | 'results'>): Tensor[] {
  const tensors = gatherIfThere(wires, call);
  if (tensors) return tensors;
  throw new InferError('INTERNAL', 'a tensor that it reads is absent', contractViolation);
}
