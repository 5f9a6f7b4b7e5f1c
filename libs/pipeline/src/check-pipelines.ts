import type { Path } from '@sheaf/document';
import type { Signature } from '@sheaf/inference';
import { limits, type PipelineSpec, type Problem, type Target } from './spec.ts';
import { type CheckedPipeline, type SignatureOf, typeCheck } from './type-check.ts';
import { allSteps, type PipelineName, pipelineFinder, pipelineName, pipelinesAsked, targetsOf } from './walk.ts';

export interface PipelineCheck {
  readonly spec: PipelineSpec;
  /** Undefined when there is any problem. */
  readonly checked?: CheckedPipeline;
  readonly problems: readonly Problem[];
}

type Find = ReturnType<typeof pipelineFinder>;

/** Type-checks pipelines that may ask one another; `signatureOf` knows models and transforms. */
export function checkPipelines(specs: readonly PipelineSpec[], signatureOf: SignatureOf): PipelineCheck[] {
  const find = pipelineFinder(specs);
  const checks = new Map<PipelineSpec, PipelineCheck>();
  const signatureAt = (target: Target): Signature | undefined => {
    if (target.kind !== 'pipeline') return signatureOf(target);
    const other = find(target);
    return other && check(other, [])?.checked?.signature;
  };
  const check = (spec: PipelineSpec, above: readonly PipelineSpec[]): PipelineCheck | undefined => {
    const known = checks.get(spec);
    if (known) return known;
    const knot = knotOf(spec, above, find);
    if (knot) checks.set(spec, { spec, problems: [knot] });
    else {
      // What it asks first, so that a chain of pipelines is walked once and in order.
      for (const named of pipelinesAsked(spec)) {
        const other = find(named);
        if (other) check(other, [...above, spec]);
      }
      const { checked, problems } = typeCheck(spec, signatureAt);
      // A mistake in another pipeline is told there; that its signature cannot be told is not a second one.
      const own = problems.filter(({ target }) => {
        const other = target?.kind === 'pipeline' ? find(target) : undefined;
        return !other || checks.get(other)?.checked;
      });
      checks.set(spec, { spec, ...(checked ? { checked } : {}), problems: own });
    }
    return checks.get(spec);
  };
  for (const spec of specs) check(spec, []);
  return specs.flatMap((spec) => checks.get(spec) ?? []);
}

/** Why a pipeline cannot be looked into: it asks itself, or pipelines stand in pipelines too deep. */
function knotOf(spec: PipelineSpec, above: readonly PipelineSpec[], find: Find): Problem | undefined {
  if (above.length >= limits.depthMax)
    return { path: ['pipeline'], message: `pipelines stand in pipelines at most ${limits.depthMax} deep` };
  const [first, ...others] = wayBack(spec, spec, find, new Set()) ?? [];
  if (!first) return undefined;
  const way = [spec.pipeline, ...[first, ...others].map(shown)].join(' -> ');
  return { path: placeOf(spec, first), message: `the pipelines form a cycle: ${way}` };
}

const shown = ({ name, version }: PipelineName): string => (version ? `${name}/${version}` : name);

/** The way from `at` back to `start`, if there is one. */
function wayBack(
  start: PipelineSpec,
  at: PipelineSpec,
  find: Find,
  seen: Set<PipelineSpec>,
): readonly PipelineName[] | undefined {
  for (const named of pipelinesAsked(at)) {
    const next = find(named);
    if (next === start) return [named];
    if (!next || seen.has(next)) continue;
    seen.add(next);
    const rest = wayBack(start, next, find, seen);
    if (rest) return [named, ...rest];
  }
  return undefined;
}

/** Where a pipeline names another. */
function placeOf({ stages, rules }: PipelineSpec, other: PipelineName): Path {
  const isOther = ({ name, version }: PipelineName): boolean => name === other.name && version === other.version;
  for (const { name, step } of stages)
    for (const { step: inner, path } of allSteps(step, ['stages', name]))
      if (targetsOf(inner).some((target) => target.kind === 'pipeline' && isOther(target))) return path;
  const index = rules.before.findIndex((rule) => rule.kind === 'reroute' && isOther(pipelineName(rule.reroute)));
  return ['rules', 'before', index, 'reroute'];
}
