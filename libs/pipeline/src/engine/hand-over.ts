import {
  type CallContext,
  type Infer,
  type InferRequest,
  type InferResponse,
  maySee,
  notFound,
  type Parameter,
} from '@sheaf/inference';
import type { Decision } from '@sheaf/rules';
import { pipelineName } from '../walk.ts';
import { decisionParameters } from './answer-parameters.ts';
import { type Plan, planAnswerParameter } from './plan.ts';

/** Which pipeline hands a call to which, and what its rules decided on the way. */
export interface HandOver {
  readonly from: string;
  readonly to: string;
  /** Inputs that the other pipeline knows. */
  readonly known: readonly string[];
  readonly decisions: readonly Decision[];
}

/** Asks the other pipeline, whose answer tells also what was decided here. */
export async function handOver(
  { from, to, known, decisions }: HandOver,
  infer: Infer,
  request: InferRequest,
  context: CallContext,
): Promise<InferResponse> {
  // Who may ask this pipeline may not thereby ask every other.
  const { name } = pipelineName(to);
  if (context.principal && !maySee(context.principal, name))
    throw notFound(`there is no model or pipeline "${name}"`, name);
  const inputs = request.inputs.filter(({ name }) => known.includes(name));
  const response = await infer({ ...request, model: '', version: '', inputs }, context);
  const parameters = new Map<string, Parameter>(response.parameters);
  const before = { sheaf_rerouted: `${from} -> ${to}`, ...decisionParameters(decisions) };
  for (const [name, told] of Object.entries(before)) {
    const later = parameters.get(name);
    if (told !== '') parameters.set(name, later === undefined ? told : `${told}, ${later}`);
  }
  const plan = parameters.get(planAnswerParameter);
  if (typeof plan === 'string') {
    const { rules, ...others } = JSON.parse(plan) as Plan;
    const whole: Plan = {
      ...others,
      rules: [...decisions, ...rules],
      rerouted: String(parameters.get('sheaf_rerouted')),
    };
    parameters.set(planAnswerParameter, JSON.stringify(whole));
  }
  return { ...response, parameters };
}
