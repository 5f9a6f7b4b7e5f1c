import {
  boolParameter,
  type CallContext,
  type Explanation,
  explain,
  explainParameter,
  explanationParameter,
  type Infer,
  type InferRequest,
  type InferResponse,
  type Layer,
  seesInside,
} from '@sheaf/inference';

/** Answers the request parameter `sheaf_explain: true` with the path that the call took, in the response parameter `sheaf_explanation`. */
export const explainOnRequest: Layer = (next) => (request, context) =>
  request.parameters.has(explainParameter) ? explained(next, request, context) : next(request, context);

async function explained(next: Infer, request: InferRequest, context: CallContext): Promise<InferResponse> {
  const isWanted = boolParameter(request, explainParameter);
  const response = await next(request, context);
  if (!isWanted) return response;
  const tree = explain(context.journal, context.span);
  const explanation = JSON.stringify(seesInside(context.principal) ? tree : withoutAddresses(tree));
  return { ...response, parameters: new Map([...response.parameters, [explanationParameter, explanation]]) };
}

/** Where services are is for those who look after the mesh. */
function withoutAddresses({ attributes, children, ...rest }: Explanation): Explanation {
  const { 'sheaf.endpoint': _, ...others } = attributes ?? {};
  const told = Object.keys(others).length > 0 ? { attributes: others } : {};
  return { ...rest, ...told, children: children.map(withoutAddresses) };
}
