import { boolParameter, invalidField, type Layer, planParameter } from '@sheaf/inference';

/** Before a model or a transform, which has no plan to tell: who asks for one does not want it to run. */
export const refusePlan: Layer = (next) => async (request, context) => {
  if (boolParameter(request, planParameter))
    throw invalidField(
      `parameters["${planParameter}"]`,
      `"${request.model}" is no pipeline; only a pipeline has a plan`,
      'PARAMETER_INVALID',
    );
  return next(request, context);
};
