import { explain, explainParameter, explanationParameter, type Layer, wishOf } from '@sheaf/inference';

/** Answers the request parameter `sheaf_explain: true` with the path that the call took, in the response parameter `sheaf_explanation`. */
export const explainOnRequest: Layer = (next) => async (request, context) => {
  const wish = wishOf(request, explainParameter);
  const response = await next(request, context);
  if (!wish) return response;
  const explanation = JSON.stringify(explain(context.journal, context.span));
  return { ...response, parameters: new Map([...response.parameters, [explanationParameter, explanation]]) };
};
