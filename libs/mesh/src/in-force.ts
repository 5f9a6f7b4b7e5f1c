/** What mesh.yaml and policies.yaml say, or said before they were broken: neither is taken up in parts. */
import { isDeepStrictEqual } from 'node:util';
import type { PoliciesSpec } from '@sheaf/policies';
import type { Mesh, OutPart } from './mesh.ts';
import { formatProblem, type MeshProblem } from './problem.ts';
import { ownServices, type MeshSettings as Written } from './services/read-services.ts';

/** But for the limits, which follow the models. */
export type MeshSettings = Omit<Written, 'limits'>;

/** Undefined where it is broken and nothing was in force before. */
export interface InForce<T> {
  readonly value: T | undefined;
  readonly out: readonly OutPart[];
}

const kept = (name: string, why: string): OutPart => ({ kind: 'file', name, why, keeps: true });
const whyOf = (problems: readonly MeshProblem[]): string => problems.map(formatProblem).join('; ');

export function settingsInForce(
  read: MeshSettings,
  problems: readonly MeshProblem[],
  before: Mesh | undefined,
): InForce<MeshSettings> {
  if (problems.length > 0) {
    if (!before) return { value: undefined, out: [] };
    const { services: written, gateway, resilience, tls, secret, registry, aliases, shadows, cache, jobs } = before;
    // What is new meanwhile gets a service of its own, as without a mesh.yaml.
    const models = read.services.flatMap((service) => service.models);
    const transforms = read.services.flatMap((service) => service.transforms);
    const services = [...written, ...ownServices(models, transforms, written)];
    return {
      value: { services, gateway, resilience, tls, secret, registry, aliases, shadows, cache, jobs },
      out: [kept('mesh.yaml', whyOf(problems))],
    };
  }
  const why = before && trustKeptProblem(before, read);
  if (why === undefined) return { value: read, out: [] };
  return { value: { ...read, tls: before?.tls, secret: before?.secret }, out: [kept('mesh.yaml', why)] };
}

type Trust = Pick<Mesh, 'tls' | 'secret'>;

/** What is wrong where the processes of a mesh are to trust others than those that run. */
export function trustKeptProblem(before: Trust, after: Trust): string | undefined {
  const others = (['tls', 'secret'] as const).find(
    (part) => !isDeepStrictEqual(structuredClone(before[part]), structuredClone(after[part])),
  );
  return others && `mesh.yaml: ${others}: services of the old and the new one could not talk; start the mesh again`;
}

/** The value is undefined too where there are none. */
export function policiesInForce(
  read: PoliciesSpec | undefined,
  problems: readonly MeshProblem[],
  before: Mesh | undefined,
): InForce<PoliciesSpec> {
  if (!before) return { value: read, out: [] };
  const why = problems.length > 0 ? whyOf(problems) : policiesKeptProblem(before, { policies: read });
  return why === undefined ? { value: read, out: [] } : { value: before.policies, out: [kept('policies.yaml', why)] };
}

/** What no reload takes up of policies, whoever asks for it. */
export function policiesKeptProblem(
  { policies: before }: Pick<Mesh, 'policies'>,
  { policies: after }: Pick<Mesh, 'policies'>,
): string | undefined {
  if ((before === undefined) !== (after === undefined))
    return `policies.yaml: ${after ? 'it is new' : 'it is gone'}, and who may call would change for everybody; start the mesh again`;
  if (before?.limiter.whenGone !== after?.limiter.whenGone)
    return 'policies.yaml: limiter.whenRedisIsGone: want what it was at the start; start the mesh again';
  return undefined;
}
