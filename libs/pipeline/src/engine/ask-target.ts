import { explainParameter, InferError, type Parameters, type Tensor, traced } from '@sheaf/inference';
import { contractViolation } from './errors.ts';
import { provenanceInside } from './provenance.ts';
import type { RunStep } from './step.ts';
import type { AskModel, AskPipeline } from './targets.ts';

const explaining: Parameters = new Map([[explainParameter, true]]);
const none: Parameters = new Map();

/** Asks a model or a transform. `takes` are the inputs that it knows of those it is given. */
export function createAskModel(where: string, takes: readonly string[], ask: AskModel): RunStep {
  const known = new Set(takes);
  return async (given, outputs, { request: { id, parameters: callers }, fanOut }, context) => {
    // A caller's parameters are the pipelines'; only the request for an explanation is every model's.
    const parameters = callers.get(explainParameter) === true ? explaining : none;
    const request = { id, parameters, inputs: taken(given, known), outputs };
    const response = await fanOut.run(context, where, () => ask(request, context));
    const missing = outputs.find((wanted) => !response.outputs.some((output) => output.name === wanted));
    if (missing !== undefined) throw new InferError('INTERNAL', `gave no output "${missing}"`, contractViolation);
    return { outputs: response.outputs, versions: [versionOf(where, response)], notes: [] };
  };
}

/** Asks another pipeline, whose answer tells also how it came to be. */
export function createAskPipeline(name: string, where: string, takes: readonly string[], ask: AskPipeline): RunStep {
  const known = new Set(takes);
  return async (given, outputs, { request: { id, parameters } }, context) => {
    const request = { id, parameters, inputs: taken(given, known), outputs };
    const response = await traced(context, 'pipeline', name, (own) => ask(request, own));
    const { versions, notes } = provenanceInside(response.provenance, where);
    return { outputs: response.outputs, versions: [versionOf(where, response), ...versions], notes };
  };
}

const taken = (given: readonly Tensor[], known: ReadonlySet<string>): readonly Tensor[] =>
  given.length === known.size ? given : given.filter(({ name }) => known.has(name));

const versionOf = (where: string, { model, version }: { readonly model: string; readonly version: string }): string =>
  `${where}=${model}/${version}`;
