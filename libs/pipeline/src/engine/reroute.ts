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
import { pipelineName } from '../language/walk.ts';
import { decisionParameters } from './answer-parameters.ts';
import { type DryRun, dryRunAnswerParameter } from './dry-run.ts';

/** Which pipeline hands a call to which, and what its rules decided on the way. */
export interface Reroute {
  readonly from: string;
  readonly to: string;
  /** Inputs that the other pipeline knows. */
  readonly known: readonly string[];
  readonly decisions: readonly Decision[];
}

/** Asks the other pipeline, whose answer tells also what was decided here. */
export async function reroute(
  { from, to, known, decisions }: Reroute,
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
  const dryRun = parameters.get(dryRunAnswerParameter);
  if (typeof dryRun === 'string') {
    const { rules, ...others } = JSON.parse(dryRun) as DryRun;
    const whole: DryRun = {
      ...others,
      rules: [...decisions, ...rules],
      rerouted: String(parameters.get('sheaf_rerouted')),
    };
    parameters.set(dryRunAnswerParameter, JSON.stringify(whole));
  }
  return { ...response, parameters };
}
