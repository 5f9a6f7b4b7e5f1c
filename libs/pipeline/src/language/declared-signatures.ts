/** What models take and give where somebody has to write it down, in the words of a pipeline's inputs. */
import { mapOf, mapped, type Reader, record, required } from '@sheaf/document';
import type { Signature, TensorSpec } from '@sheaf/inference';
import { input, tensorName } from './tensors.ts';

const tensors = mapped(mapOf(input, { min: 1, max: 256, noun: 'tensor', key: tensorName }), (read): TensorSpec[] =>
  [...read].map(([name, spec]) => ({ name, ...spec })),
);
const signature = record({
  inputs: required(tensors, 'Tensors that it takes, by name.'),
  outputs: required(tensors, 'Tensors that it gives, by name.'),
});
/** By model. */
export const signatures: Reader<ReadonlyMap<string, Signature>> = mapOf(signature, {
  min: 1,
  max: 1_024,
  noun: 'model',
  key: tensorName,
  keepsOthers: true,
});
