import {
  asInferError,
  dryRunParameter,
  explanationParameter,
  type InferResponse,
  type Layer,
  type Parameter,
  type Principal,
  parseExplanation,
  type TrustedCaller,
} from '@sheaf/inference';
import { Redaction, redactError, redactExplanation } from './redact.ts';
import type { Sight } from './sight.ts';

/** Names nothing to a caller that it may not see, neither in answers nor in errors. `sightOf` is that of the revision that is current. */
export function tellOnlySeen(sightOf: (principal: Principal | TrustedCaller) => Sight | undefined): Layer {
  return (next) => (request, context) => {
    const sight = sightOf(context.principal);
    if (!sight) return next(request, context);
    const redaction = new Redaction(sight);
    return next(request, context).then(
      (response) => {
        const told = redactResponse(response, redaction);
        // As of a route: what a rule has handed the call to answers under the name that was asked.
        return sight.isHidden(response.model) ? { ...told, model: request.model } : told;
      },
      (error: unknown) => {
        throw redactError(asInferError(error), redaction, request);
      },
    );
  };
}

/** What of an answer's parameters tells how it came to be; labels of rules are the operator's to choose, as outputs are. */
const told = /^sheaf_/;

function redactResponse(response: InferResponse, redaction: Redaction): InferResponse {
  const parameters = new Map<string, Parameter>();
  for (const [name, value] of response.parameters) {
    const isTold = told.test(name) && typeof value === 'string';
    parameters.set(name, isTold ? redactParameter(name, value, redaction) : value);
  }
  return { ...response, parameters };
}

function redactParameter(name: string, value: string, redaction: Redaction): string {
  /** By stage, then by member. */
  const keyOf = (key: string): string => (key === 'used' || key === 'missing' ? key : redaction.path(key));
  if (name === explanationParameter) {
    const tree = parseExplanation(value);
    return tree ? JSON.stringify(redactExplanation(tree, redaction)) : '';
  }
  if (name === dryRunParameter) return JSON.stringify(redaction.value(JSON.parse(value)));
  if (value.startsWith('{')) return JSON.stringify(redaction.value(JSON.parse(value), keyOf));
  // `read.cnn=digits/3, ...`, or names.
  return value
    .split(', ')
    .map((part) => {
      const [path = '', ...made] = part.split('=');
      return redaction.text([redaction.path(path), ...made].join('='));
    })
    .join(', ');
}
