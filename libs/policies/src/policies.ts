/** What policies.yaml may hold: one definition for the parser and for editors. */
import {
  boolean,
  documentSchema,
  type JsonSchema,
  optional,
  type Problem,
  Problems,
  record,
  show,
} from '@sheaf/document';
import { accessLog, addresses } from './access-language.ts';
import { identity } from './identity-language.ts';
import { limiter, limits } from './limits-language.ts';
import { routes } from './routes-language.ts';
import type { PoliciesSpec, RouteSpec, RouteTarget } from './spec.ts';

export const policyFields = {
  identity: optional(identity, 'Who may call, and by what credential.'),
  addresses: optional(addresses, 'Where callers may come from. Default everywhere.'),
  limits: optional(limits, 'How much of what each may use.'),
  limiter: optional(limiter, 'How limits are counted by several gateways.'),
  routes: optional(routes, 'Names that callers use, and where their calls go.'),
  accessLog: optional(accessLog, 'Of which calls a line is written, and where to. Default refused.'),
  trustCallersSampling: optional(
    boolean,
    "Whether the sampled flag of a caller's `traceparent` decides what is traced, as of a gateway that only services of yours reach. Default false.",
  ),
};
const document = record(policyFields);

/** Reads the document; `spec` is undefined when anything is wrong with it. */
export function parsePolicies(value: unknown): {
  readonly spec: PoliciesSpec | undefined;
  readonly problems: readonly Problem[];
} {
  const problems = new Problems();
  const read = document.read(value ?? {}, [], problems);
  if (!read || problems.list.length > 0)
    return { spec: undefined, problems: problems.list.map((problem) => named(problem, value)) };
  const spec: PoliciesSpec = {
    // Whoever writes a file of policies and says nothing of identity wants API keys.
    identity: read.identity?.identity ?? { keys: true, jwt: [], certificates: [], anonymous: undefined },
    open: read.identity?.open ?? [],
    addresses: read.addresses,
    accessLog: read.accessLog,
    trustCallersSampling: read.trustCallersSampling,
    limits: read.limits ?? [],
    limiter: read.limiter ?? { share: false, whenGone: 'share' },
    routes: read.routes ?? [],
    files: [],
  };
  return { spec, problems: [] };
}

/** A mistake in a limit tells its name beside its index. */
function named(problem: Problem, document: unknown): Problem {
  const [part, index, field] = problem.path;
  if (part !== 'limits' || typeof index !== 'number' || field === 'name') return problem;
  const { name } = (document as { limits: ({ name?: unknown } | null)[] }).limits[index] ?? {};
  return typeof name === 'string' ? { ...problem, message: `limit ${show(name)}: ${problem.message}` } : problem;
}

/** The JSON Schema of policies.yaml, for editors. */
export const policiesSchema = (): JsonSchema => documentSchema('policies.yaml of a Sheaf mesh', document);

/** What routes lead to that is not there: `has` knows the models and pipelines. */
export function checkRoutes(
  specs: readonly RouteSpec[],
  has: (target: RouteTarget) => boolean,
): { readonly path: readonly (string | number)[]; readonly message: string }[] {
  return specs.flatMap(({ name, when, split, fallback }) => {
    const path = ['routes', name];
    const placed = [
      ...when.map(({ to }, index) => ({ to, place: [...path, 'when', index, 'to'] })),
      ...split.map(({ to }) => ({ to, place: path })),
      ...(fallback ? [{ to: fallback, place: [...path, 'fallback'] }] : []),
    ];
    return placed
      .filter(({ to }) => !has(to))
      .map(({ to, place }) => ({ path: place, message: `there is no model or pipeline "${shownTarget(to)}"` }));
  });
}

export const shownTarget = ({ model, version }: RouteTarget): string =>
  version === '' ? model : `${model}/${version}`;
