import { type Layer, maySee, notFound } from '@sheaf/inference';

/** The same sentence for what is not there and for what is not there for this caller. */
export const noSuchModel = (name: string) => notFound(`there is no model or pipeline "${name}"`, name);

/** What a principal may not see is not there for it. Calls without a principal come from inside, where that has been asked. */
export const hideUnseen: Layer = (next) => (request, context) => {
  if (context.principal && !maySee(context.principal, request.model)) throw noSuchModel(request.model);
  return next(request, context);
};
