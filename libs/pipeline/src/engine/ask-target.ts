import { explainParameter, type Infer, InferError, type Parameters } from '@sheaf/inference';
import type { TargetStep } from '../spec.ts';
import { contractViolation } from './errors.ts';
import type { Note, RunStep } from './step.ts';

const explaining: Parameters = new Map([[explainParameter, true]]);
const none: Parameters = new Map();

/** Response parameter of a pipeline that gave less than it could have. */
export const degradedParameter = 'sheaf_degraded';

/** Asks a model, a transform or another pipeline. `takes` are the inputs that it knows of those it is given. */
export function createAsk(step: TargetStep, where: string, takes: readonly string[], infer: Infer): RunStep {
  const known = new Set(takes);
  const isPipeline = step.target.kind === 'pipeline';
  return async (given, outputs, { request: { id, parameters: callers } }, context) => {
    const inputs = given.length === known.size ? given : given.filter(({ name }) => known.has(name));
    // A caller's parameters are the pipelines'; only the wish for an explanation is every model's.
    const parameters = isPipeline ? callers : callers.get(explainParameter) === true ? explaining : none;
    const response = await infer({ model: '', version: '', id, parameters, inputs, outputs }, context);
    if (!isPipeline) {
      const missing = outputs.find((wanted) => !response.outputs.some((output) => output.name === wanted));
      if (missing !== undefined) throw new InferError('INTERNAL', `gave no output "${missing}"`, contractViolation);
    }
    const notes: Note[] =
      response.parameters.get(degradedParameter) === true ? [{ kind: 'degraded', stage: where }] : [];
    return { outputs: response.outputs, versions: [`${where}=${response.model}/${response.version}`], notes };
  };
}
