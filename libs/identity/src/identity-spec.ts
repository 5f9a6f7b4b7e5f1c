/** The identity part of policies.yaml: what each provider says of itself, and what holds for all of them. */
import { type AllOf, optional, type Path, type Problems } from '@sheaf/document';
import type { ThrottleSpec } from './failures.ts';
import { everyProvider, type identityProviders } from './providers/index.ts';
import type { FileAt, IdentityProblem } from './providers/provider.ts';
import { throttle } from './throttle-language.ts';

type Provider = (typeof identityProviders)[number];
type SpecOf<P extends Provider> = P extends { problems(spec: infer Spec): unknown } ? Spec : never;

interface ThrottledSpec {
  /** What happens to who fails again and again; false: nothing. Default {@link throttleDefault}. */
  readonly throttle?: ThrottleSpec | false | undefined;
}

/** Whom the server lets in. */
export type IdentitySpec = AllOf<SpecOf<Provider>> & ThrottledSpec;

const throttleFields = {
  throttle: optional(
    throttle,
    'Whoever shows bad credentials again and again is not looked at for a while. false: however often. Default true.',
  ),
};

/** What `identity` may hold. */
export const identityFields = {
  ...(Object.assign({}, ...everyProvider.map(({ fields }) => fields)) as AllOf<Provider['fields']>),
  ...throttleFields,
};

/** Makes the spec of what the keys hold. */
export function readIdentity(
  values: Readonly<Record<keyof typeof identityFields, unknown>>,
  path: Path,
  problems: Problems,
): IdentitySpec | undefined {
  const parts = everyProvider.map((provider) => provider.read(values, path, problems));
  if (parts.includes(undefined)) return undefined;
  return Object.assign({ throttle: values.throttle }, ...parts) as IdentitySpec;
}

/** The spec, with the files of the folder that it names where they are, each of which `at` is told of. */
export function placeFiles(spec: IdentitySpec, at: FileAt): IdentitySpec {
  let placed = spec;
  for (const provider of everyProvider) placed = { ...placed, ...provider.placed?.(placed, at) };
  return placed;
}

/** Everything that is wrong with a spec of the right form; a gateway does not start with any. */
export const identityProblems = (spec: IdentitySpec): readonly IdentityProblem[] =>
  everyProvider.flatMap((provider) => provider.problems(spec));
