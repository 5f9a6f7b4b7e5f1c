import { type CallContext, type Layer, maySee, notFound } from '@sheaf/inference';
import type { Strays } from './strays.ts';

/** The same sentence for what is not there and for what is not there for this caller. */
export const noSuchModel = (name: string) => notFound(`there is no model or pipeline "${name}"`, name);

/** What a principal may not see is not there for it, and costs as much as what is not there. A trusted caller sees all. */
export function hideUnseen(strays: Pick<Strays, 'take'>): Layer {
  const refuse = async (context: CallContext, name: string): Promise<never> => {
    await strays.take(context);
    throw noSuchModel(name);
  };
  return (next) => (request, context) =>
    maySee(context.principal, request.model) ? next(request, context) : refuse(context, request.model);
}
