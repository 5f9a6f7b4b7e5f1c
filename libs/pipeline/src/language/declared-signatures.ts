/** What models take and give where somebody has to write it down, in the words of a pipeline's inputs. */
import { mapOf, mapped, type Problem, Problems, record, required } from '@sheaf/document';
import type { Signature, TensorSpec } from '@sheaf/inference';
import { input, tensorName } from './tensors.ts';

const tensors = mapped(mapOf(input, { min: 1, max: 256, noun: 'tensor', key: tensorName }), (read): TensorSpec[] =>
  [...read].map(([name, spec]) => ({ name, ...spec })),
);
const signature = record({
  inputs: required(tensors, 'Tensors that it takes, by name.'),
  outputs: required(tensors, 'Tensors that it gives, by name.'),
});
const signatures = mapOf(signature, { min: 1, max: 1_024, noun: 'model', key: tensorName, keepsOthers: true });

/** By model. Paths of problems begin at `value`. */
export function parseSignatures(value: unknown): {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly problems: readonly Problem[];
} {
  const problems = new Problems();
  return { signatures: signatures.read(value, [], problems) ?? new Map(), problems: problems.list };
}
