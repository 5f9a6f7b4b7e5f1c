/** What policies.yaml may hold: one definition for the parser and for editors. */
import { type AllOf, documentSchema, type JsonSchema, type Problem, Problems, record, show } from '@sheaf/document';
import type { Layer } from '@sheaf/inference';
import { everyPolicy, type policies } from './policies/index.ts';
import type { PolicyContext } from './policies/policy.ts';
import type { RouteSpec, RouteTarget } from './spec.ts';

type PolicyOf = (typeof policies)[number];
type SpecOf<P extends PolicyOf> = ReturnType<P['read']>;

/** What a file of policies says: the parts of all of them. */
export type PoliciesSpec = AllOf<SpecOf<PolicyOf>> & {
  /** SHA-256 of the files that it names: what changes in one of them is a change of the policies. */
  readonly files: readonly string[];
};

export const policyFields: AllOf<(typeof policies)[number]['fields']> = Object.assign(
  {},
  ...everyPolicy.map(({ fields }) => fields),
);
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
  const spec: PoliciesSpec = Object.assign({ files: [] }, ...everyPolicy.map((policy) => policy.read(read)));
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

/** What calls meet, in this order. Without a file of policies those hold that need none. */
export function policyLayers(spec: PoliciesSpec | undefined, context: PolicyContext): readonly Layer[] {
  const said = spec ?? parsePolicies({}).spec ?? {};
  return everyPolicy.flatMap((policy) => policy.layer?.(said, context) ?? []);
}
