import {
  asInferError,
  type CallContext,
  type Infer,
  type InferRequest,
  knownPrincipal,
  type Layer,
  maySee,
} from '@sheaf/inference';
import { createSplit } from '@sheaf/routing';
import type { CallerValue, RouteSpec, RouteTarget } from './spec.ts';

/** Where calls for a name go. */
export interface Route {
  readonly spec: RouteSpec;
  readonly choose: (context: CallContext) => RouteTarget;
}

/** The routes by their names; compiled once, since splits count. */
export function createRoutes(specs: readonly RouteSpec[]): ReadonlyMap<string, Route> {
  return new Map(specs.map((spec) => [spec.name, { spec, choose: chooser(spec) }]));
}

function chooser({ when, split, sticky }: RouteSpec): Route['choose'] {
  const next = createSplit(split);
  return (context) => {
    for (const { value, is, to } of when) if (is.includes(callerValue(value, context) ?? '')) return to;
    return next(sticky && callerValue(sticky, context));
  };
}

/** Undefined when the caller says nothing there: it is then as if nothing was sticky, or asked for. */
function callerValue(value: CallerValue, { metadata, principal: caller }: CallContext): string | undefined {
  const principal = knownPrincipal(caller);
  switch (value.kind) {
    case 'metadata':
      return metadata?.(value.key);
    case 'claim': {
      const claims = principal?.claims ?? {};
      return Object.hasOwn(claims, value.claim) ? String(claims[value.claim]) : undefined;
    }
    case 'tenant':
      return principal?.tenant;
    case 'key':
      return principal?.id;
  }
}

/** Turns the name that a caller asks for into the model or pipeline, and version, that answers. A call that names a version is not routed. */
export function followRoutes(routes: ReadonlyMap<string, Route>, isReady: (target: RouteTarget) => boolean): Layer {
  return (next) => (request, context) => {
    const route = request.version === '' ? routes.get(request.model) : undefined;
    if (!route) return next(request, context);
    const { fallback } = route.spec;
    const chosen = route.choose(context);
    const told = (to: RouteTarget): void => {
      const version = to.version === '' ? '' : `/${to.version}`;
      context.journal.mark(context.span, { 'sheaf.route': `${request.model} -> ${to.model}${version}` });
    };
    const ask = async (to: RouteTarget): ReturnType<Infer> => {
      told(to);
      const response = await next(towards(request, to), context);
      // What a caller may not see is not named to it either.
      return maySee(context.principal, to.model) ? response : { ...response, model: request.model };
    };
    if (!fallback) return ask(chosen);
    if (!isReady(chosen)) return ask(fallback);
    return ask(chosen).catch((error: unknown) => {
      if (!asInferError(error).failsOver || context.signal.aborted) throw error;
      return ask(fallback);
    });
  };
}

const towards = (request: InferRequest, { model, version }: RouteTarget): InferRequest => ({
  ...request,
  model,
  version,
});
