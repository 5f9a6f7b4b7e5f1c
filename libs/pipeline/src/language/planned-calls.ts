import { kindOf } from '../stages/index.ts';
import type { PipelineSpec, Step } from './spec.ts';
import type { ModelTarget } from './target.ts';
import { innerSteps, type PipelineName, targetsOf } from './walk.ts';

/**
 * The models and transforms that a call of a pipeline sets off, one for each time that it asks them, as far as anybody can know before it runs: all
 * members of an ensemble, of a switch the branch that asks most, of a fallback the first step, of an each one part.
 */
export function plannedCalls(
  spec: PipelineSpec,
  find: (named: PipelineName) => PipelineSpec | undefined,
): ModelTarget[] {
  return spec.stages.flatMap(({ step }) => callsOf(step, find));
}

function callsOf(step: Step, find: Parameters<typeof plannedCalls>[1]): ReturnType<typeof plannedCalls> {
  const inner = innerSteps(step, []).map(({ step: other }) => callsOf(other, find));
  const own = targetsOf(step).flatMap((target) => {
    if (target.kind !== 'pipeline') return [target];
    const other = find(target);
    return other ? plannedCalls(other, find) : [];
  });
  switch (kindOf(step).runs) {
    case 'one':
      return [...own, ...inner.reduce((most, calls) => (calls.length > most.length ? calls : most), [])];
    case 'first':
      return [...own, ...(inner[0] ?? [])];
    case 'all':
      return [...own, ...inner.flat()];
  }
}
