import type { Path } from '@sheaf/document';
import { type Aliases, noAliases, type Signature } from '@sheaf/inference';
import { type Find, orderPipelines } from '../language/pipeline-order.ts';
import { limits, type PipelineSpec, type Problem } from '../language/spec.ts';
import type { PipelineTarget, Target } from '../language/target.ts';
import {
  allSteps,
  type PipelineName,
  pipelineFinder,
  pipelineName,
  pipelinesAsked,
  targetsOf,
} from '../language/walk.ts';
import type { CheckedPipeline } from './checked-pipeline.ts';
import type { SignatureOf } from './graph-types.ts';
import { typeCheck } from './type-check.ts';

export interface PipelineCheck {
  readonly spec: PipelineSpec;
  /** Undefined when there is any problem. */
  readonly checked?: CheckedPipeline;
  readonly problems: readonly Problem[];
}

/** Type-checks pipelines that may ask one another, by the versions that aliases mean; `signatureOf` knows models and transforms. */
export function checkPipelines(
  specs: readonly PipelineSpec[],
  signatureOf: SignatureOf,
  aliases: Aliases = noAliases,
): PipelineCheck[] {
  const find = pipelineFinder(specs, aliases);
  const checks = new Map<PipelineSpec, PipelineCheck>();
  const checkedAt = (target: PipelineTarget): CheckedPipeline | undefined => {
    const other = find(target);
    return other && checks.get(other)?.checked;
  };
  const signatureAt = (target: Target): Signature | undefined => {
    return target.kind === 'pipeline' ? checkedAt(target)?.signature : signatureOf(target);
  };
  const { ordered, depths, cycles } = orderPipelines(specs, find);
  const knots = new Map(cycles.map((cycle) => [cycle[0], cycle]));
  for (const spec of ordered) {
    const cycle = knots.get(spec);
    const knot = cycle ? cycleProblem(cycle, find) : depthProblem(depths.get(spec) ?? 0);
    const { checked, problems } = knot ? { problems: [knot] } : typeCheck(spec, signatureAt, checkedAt);
    // A mistake in another pipeline is told there; that its signature cannot be told is not a second one.
    const own = problems.filter(({ target }) => {
      const other = target?.kind === 'pipeline' ? find(target) : undefined;
      return !other || checks.get(other)?.checked;
    });
    checks.set(spec, { spec, ...(checked ? { checked } : {}), problems: own });
  }
  return specs.flatMap((spec) => checks.get(spec) ?? []);
}

/** Told of the lowest that stands too deep; those that ask it cannot be looked into either, and have no mistake of their own. */
function depthProblem(depth: number): Problem | undefined {
  if (depth !== limits.depthMax + 1) return undefined;
  const message = `pipelines stand in pipelines at most ${limits.depthMax} deep, this one is the ${depth}th`;
  return { path: ['pipeline'], message };
}

/** More of a cycle are only counted. */
const shownMax = 16;

/** A cycle is one mistake, told where its first pipeline asks the second. */
function cycleProblem(cycle: readonly PipelineSpec[], find: Find): Problem {
  const names = cycle.map((spec, index) => askedAs(spec, cycle[(index + 1) % cycle.length] as PipelineSpec, find));
  const [first = { name: '' }] = names;
  const way = names.slice(0, shownMax).map(shown);
  if (names.length > shownMax) way.push(`... (${names.length} in all)`);
  return {
    path: placeOf(cycle[0] as PipelineSpec, first),
    message: `the pipelines form a cycle: ${[cycle[0]?.pipeline, ...way].join(' -> ')}`,
  };
}

const askedAs = (spec: PipelineSpec, other: PipelineSpec, find: Find): PipelineName =>
  pipelinesAsked(spec).find((named) => find(named) === other) ?? { name: other.pipeline };

const shown = ({ name, version }: PipelineName): string => (version ? `${name}/${version}` : name);

/** Where a pipeline names another. */
function placeOf({ stages, rules }: PipelineSpec, other: PipelineName): Path {
  const isOther = ({ name, version }: PipelineName): boolean => name === other.name && version === other.version;
  for (const { name, step } of stages)
    for (const { step: inner, path } of allSteps(step, ['stages', name]))
      if (targetsOf(inner).some((target) => target.kind === 'pipeline' && isOther(target))) return path;
  const index = rules.before.findIndex((rule) => rule.kind === 'reroute' && isOther(pipelineName(rule.reroute)));
  return ['rules', 'before', index, 'reroute'];
}
