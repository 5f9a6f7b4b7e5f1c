import { boolParameter, dryRunParameter, invalidField, type Layer } from '@sheaf/inference';

/** Before a model or a transform, which has no plan to tell: who asks for one does not want it to run. */
export const refuseDryRun: Layer = (next) => async (request, context) => {
  if (boolParameter(request, dryRunParameter))
    throw invalidField(
      `parameters["${dryRunParameter}"]`,
      `"${request.model}" is no pipeline; only a pipeline has a plan`,
      'PARAMETER_INVALID',
    );
  return next(request, context);
};
