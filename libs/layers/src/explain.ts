import { explain, explainParameter, explanationParameter, invalidField, type Layer } from '@sheaf/inference';

/** Answers the request parameter `sheaf_explain: true` with the path that the call took, in the response parameter `sheaf_explanation`. */
export const explainOnRequest: Layer = (next) => async (request, context) => {
  const wish = request.parameters.get(explainParameter) ?? false;
  if (typeof wish !== 'boolean')
    throw invalidField(`parameters["${explainParameter}"]`, `want a bool, got a ${typeof wish}`, 'PARAMETER_INVALID');
  const response = await next(request, context);
  if (!wish) return response;
  const explanation = JSON.stringify(explain(context.journal, context.span));
  return { ...response, parameters: new Map([...response.parameters, [explanationParameter, explanation]]) };
};
