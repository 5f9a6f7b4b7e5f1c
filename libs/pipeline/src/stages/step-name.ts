import type { Step } from '../language/spec.ts';

/** A branch or a substitute goes by the name of the model or pipeline that it asks, or by its number. */
export const stepName = (step: Step, index: number): string =>
  'target' in step && step.target.kind !== 'transform' ? step.target.name : String(index + 1);
