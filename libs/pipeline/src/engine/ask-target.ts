import {
  explainParameter,
  type Infer,
  InferError,
  type InferResponse,
  type Parameters,
  type Tensor,
  traced,
} from '@sheaf/inference';
import type { TargetStep } from '../language/spec.ts';
import { contractViolation } from './errors.ts';
import { parseProvenance } from './parse-provenance.ts';
import type { RunStep } from './step.ts';

const explaining: Parameters = new Map([[explainParameter, true]]);
const none: Parameters = new Map();

/** Asks a model, a transform or another pipeline. `takes` are the inputs that it knows of those it is given. */
export function createAsk({ target }: TargetStep, where: string, takes: readonly string[], infer: Infer): RunStep {
  const known = new Set(takes);
  if (target.kind === 'pipeline') return createAskPipeline(target.name, where, known, infer);
  return async (given, outputs, { request: { id, parameters: callers }, fanOut }, context) => {
    // A caller's parameters are the pipelines'; only the request for an explanation is every model's.
    const parameters = callers.get(explainParameter) === true ? explaining : none;
    const request = { ...unnamed, id, parameters, inputs: taken(given, known), outputs };
    const response = await fanOut.run(context, where, () => infer(request, context));
    const missing = outputs.find((wanted) => !response.outputs.some((output) => output.name === wanted));
    if (missing !== undefined) throw new InferError('INTERNAL', `gave no output "${missing}"`, contractViolation);
    return { outputs: response.outputs, versions: [versionOf(where, response)], notes: [] };
  };
}

const createAskPipeline =
  (name: string, where: string, known: ReadonlySet<string>, infer: Infer): RunStep =>
  async (given, outputs, { request: { id, parameters } }, context) => {
    const request = { ...unnamed, id, parameters, inputs: taken(given, known), outputs };
    const response = await traced(context, 'pipeline', name, (own) => infer(request, own));
    const { versions, notes } = parseProvenance(response.parameters, where);
    return { outputs: response.outputs, versions: [versionOf(where, response), ...versions], notes };
  };

/** What it is asked as is for whoever is asked to say. */
const unnamed = { model: '', version: '' };

const taken = (given: readonly Tensor[], known: ReadonlySet<string>): readonly Tensor[] =>
  given.length === known.size ? given : given.filter(({ name }) => known.has(name));

const versionOf = (where: string, { model, version }: InferResponse): string => `${where}=${model}/${version}`;
