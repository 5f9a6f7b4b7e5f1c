import { type Expression, ExpressionError, requestValues, toList } from '@sheaf/rules';
import { stageReads } from '../language/expressions.ts';
import type { CheckedPipeline } from '../types/checked-pipeline.ts';
import type { Call, StepResult } from './step.ts';

/** What the steps of one call share. The values that its expressions read are worked out when the first one is evaluated. */
export function createCall(
  { evaluators }: CheckedPipeline,
  about: Omit<Call, 'results' | 'evaluate'>,
  results: ReadonlyMap<string, StepResult>,
): Call {
  let seen: ReturnType<typeof requestValues> | undefined;
  return {
    ...about,
    results,
    evaluate: (expression: Expression) => {
      const evaluate = evaluators.get(expression);
      if (!evaluate) throw new ExpressionError('what it reads was not known when the pipeline was loaded');
      seen ??= requestValues(about.values, about.request.inputs);
      return evaluate({ ...seen, stages: stageValues(expression, results) });
    },
  };
}

/** What an expression reads of stages; what was not computed is not there, so that reading it fails. */
function stageValues(
  expression: Expression,
  results: ReadonlyMap<string, StepResult>,
): Record<string, Record<string, unknown>> {
  const values: Record<string, Record<string, unknown>> = {};
  for (const { stage = '', name } of stageReads(expression)) {
    const tensor = results.get(stage)?.outputs.find((output) => output.name === name);
    values[stage] ??= {};
    if (tensor) (values[stage] as Record<string, unknown>)[name] = toList(tensor);
  }
  return values;
}
