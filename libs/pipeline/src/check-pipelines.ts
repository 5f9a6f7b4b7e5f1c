import type { Path } from '@sheaf/document';
import type { Signature } from '@sheaf/inference';
import { limits, type PipelineSpec, type Problem, type Target } from './spec.ts';
import { type CheckedPipeline, type SignatureOf, typeCheck } from './type-check.ts';
import { allSteps, pipelinesAsked, targetsOf } from './walk.ts';

export interface PipelineCheck {
  readonly spec: PipelineSpec;
  /** Undefined when there is any problem. */
  readonly checked?: CheckedPipeline;
  readonly problems: readonly Problem[];
}

/** Type-checks pipelines that may ask one another; `signatureOf` knows models and transforms. */
export function checkPipelines(specs: readonly PipelineSpec[], signatureOf: SignatureOf): PipelineCheck[] {
  const byName = new Map(specs.map((spec) => [spec.pipeline, spec]));
  const checks = new Map<PipelineSpec, PipelineCheck>();
  const signatureAt = (target: Target): Signature | undefined => {
    if (target.kind !== 'pipeline') return signatureOf(target);
    const other = byName.get(target.name);
    const isThere = other && (target.version === undefined || target.version === String(other.version));
    return isThere ? check(other, [])?.checked?.signature : undefined;
  };
  const check = (spec: PipelineSpec, above: readonly PipelineSpec[]): PipelineCheck | undefined => {
    const known = checks.get(spec);
    if (known) return known;
    const knot = knotOf(spec, above, byName);
    if (knot) checks.set(spec, { spec, problems: [knot] });
    else {
      // What it asks first, so that a chain of pipelines is walked once and in order.
      for (const name of pipelinesAsked(spec)) {
        const other = byName.get(name);
        if (other) check(other, [...above, spec]);
      }
      const { checked, problems } = typeCheck(spec, signatureAt);
      // A mistake in another pipeline is told there; that its signature cannot be told is not a second one.
      const own = problems.filter(({ target }) => target?.kind !== 'pipeline' || !isBroken(target, byName, checks));
      checks.set(spec, { spec, ...(checked ? { checked } : {}), problems: own });
    }
    return checks.get(spec);
  };
  for (const spec of specs) check(spec, []);
  return specs.flatMap((spec) => checks.get(spec) ?? []);
}

const isBroken = (
  { name, version }: Exclude<Target, { kind: 'transform' }>,
  byName: ReadonlyMap<string, PipelineSpec>,
  checks: ReadonlyMap<PipelineSpec, PipelineCheck>,
): boolean => {
  const spec = byName.get(name);
  return spec !== undefined && (version ?? String(spec.version)) === String(spec.version) && !checks.get(spec)?.checked;
};

/** Why a pipeline cannot be looked into: it asks itself, or pipelines stand in pipelines too deep. */
function knotOf(
  spec: PipelineSpec,
  above: readonly PipelineSpec[],
  byName: ReadonlyMap<string, PipelineSpec>,
): Problem | undefined {
  if (above.length >= limits.depthMax)
    return { path: ['pipeline'], message: `pipelines stand in pipelines at most ${limits.depthMax} deep` };
  const trail: string[] = [spec.pipeline];
  const cycle = cycleFrom(spec, spec, trail, byName, new Set());
  if (!cycle) return undefined;
  return { path: placeOf(spec, cycle[1] ?? ''), message: `the pipelines form a cycle: ${cycle.join(' -> ')}` };
}

/** The way from `at` back to `start`, if there is one. */
function cycleFrom(
  start: PipelineSpec,
  at: PipelineSpec,
  trail: readonly string[],
  byName: ReadonlyMap<string, PipelineSpec>,
  seen: Set<string>,
): readonly string[] | undefined {
  for (const name of pipelinesAsked(at)) {
    if (name === start.pipeline) return [...trail, name];
    const next = byName.get(name);
    if (!next || seen.has(name)) continue;
    seen.add(name);
    const found = cycleFrom(start, next, [...trail, name], byName, seen);
    if (found) return found;
  }
  return undefined;
}

/** Where a pipeline names another. */
function placeOf({ stages, rules }: PipelineSpec, other: string): Path {
  for (const { name, step } of stages)
    for (const { step: inner, path } of allSteps(step, ['stages', name]))
      if (targetsOf(inner).some((target) => target.kind === 'pipeline' && target.name === other)) return path;
  const index = rules.before.findIndex((rule) => rule.kind === 'reroute' && rule.reroute.split('/')[0] === other);
  return ['rules', 'before', index, 'reroute'];
}
