import { hash } from 'node:crypto';
import type { PipelineSpec } from '../language/spec.ts';
import type { Target } from '../language/target.ts';
import { allSteps, type pipelineFinder, targetsOf } from '../language/walk.ts';

/**
 * The name of a pipeline's latency tracker: the same while its version, what its steps ask and the versions of that are the same, so that a reload which changes
 * none of them forgets nothing. Only for pipelines that have been checked: they ask one another in no circle.
 */
export function latencyTrackerKeys(
  find: ReturnType<typeof pipelineFinder>,
  versionOf: (target: Target) => string,
): (spec: PipelineSpec) => string {
  const known = new Map<PipelineSpec, string>();
  const told = (target: Target): string => {
    const nested = target.kind === 'pipeline' ? find(target) : undefined;
    return nested ? keyOf(nested) : versionOf(target);
  };
  const keyOf = (spec: PipelineSpec): string => {
    const key = known.get(spec) ?? hashOf(spec);
    known.set(spec, key);
    return key;
  };
  const hashOf = ({ pipeline, version, stages }: PipelineSpec): string => {
    const asked = stages.flatMap(({ name, step }) =>
      allSteps(step, [name]).flatMap(({ step: inner, path }) =>
        targetsOf(inner).map((target) => [path, target, told(target)]),
      ),
    );
    return hash('sha256', JSON.stringify([pipeline, version, asked]));
  };
  return keyOf;
}
