import type { Tensor } from '@sheaf/inference';
import type { Answer } from '../process/open-candidate.ts';
import { floatsOf } from './numbers.ts';

/** A sentence for each output that has NaN or infinity where no input has. */
export function notNumbers(inputs: readonly (readonly Tensor[])[], answers: readonly Answer[]): string[] {
  const counts = new Map<string, number>();
  for (const [index, { outputs }] of answers.entries()) {
    if (inputs[index]?.some(holdsNone)) continue;
    for (const output of outputs) if (holdsNone(output)) counts.set(output.name, (counts.get(output.name) ?? 0) + 1);
  }
  return [...counts].map(
    ([name, count]) => `output "${name}" is NaN or infinite for ${count} of ${answers.length} inputs without any`,
  );
}

function holdsNone(tensor: Tensor): boolean {
  const floats = floatsOf(tensor);
  for (let index = 0; floats && index < floats.length; index++) if (!Number.isFinite(floats[index])) return true;
  return false;
}
