import { type CallContext, maySee, notFound, type RequestContent } from '@sheaf/inference';
import { pipelineName } from '../language/walk.ts';
import type { Rerouted } from './provenance.ts';
import type { AskPipeline, PipelineAnswer } from './targets.ts';

/** Asks the other pipeline, over those inputs that it has; its answer tells also what was decided on the way. */
export async function reroute(
  rerouted: Rerouted,
  other: { readonly inputs: readonly string[]; readonly ask: AskPipeline },
  request: RequestContent,
  context: CallContext,
): Promise<PipelineAnswer> {
  // Who may ask this pipeline may not thereby ask every other.
  const { name } = pipelineName(rerouted.to);
  if (!maySee(context.principal, name)) throw notFound(`there is no model or pipeline "${name}"`, name);
  const inputs = request.inputs.filter((input) => other.inputs.includes(input.name));
  const answer = await other.ask({ ...request, inputs }, context);
  const { provenance } = answer;
  return { ...answer, provenance: { ...provenance, reroutes: [rerouted, ...provenance.reroutes] } };
}
