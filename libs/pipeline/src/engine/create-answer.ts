import type { CallContext, Tensor } from '@sheaf/inference';
import { type Decision, requestValues } from '@sheaf/rules';
import type { Reference } from '../language/spec.ts';
import type { CheckedPipeline } from '../types/checked-pipeline.ts';
import type { ExecutionPlan } from './execution-plan.ts';
import type { Call } from './step.ts';
import type { PipelineAnswer } from './targets.ts';
import { tensorAt } from './wires.ts';

/** What a run has given, as the rules leave it, and how it came to be. `before` are the decisions of the rules before the run. */
export function createAnswer(
  { spec, after: applyRules }: CheckedPipeline,
  plan: ExecutionPlan,
  call: Call,
  before: readonly Decision[],
  context: CallContext,
): Pick<PipelineAnswer, 'outputs' | 'provenance'> {
  const tensors = outputsOf(plan.references, call);
  const rules =
    spec.rules.after.length === 0
      ? { outputs: tensors, labels: new Map(), decisions: [] }
      : applyRules(tensors, requestValues(call.values, call.request.inputs));
  tellDecisions(rules.decisions, 'after', context);
  const outputs = plan.outputs.flatMap((name) => rules.outputs.find((output) => output.name === name) ?? []);
  // In the order the stages are written, not in which they ended.
  const made = spec.stages.flatMap(({ name }) => call.results.get(name) ?? []);
  const provenance = {
    versions: made.flatMap(({ versions }) => versions),
    notes: made.flatMap(({ notes }) => notes),
    decisions: [...before, ...rules.decisions],
    reroutes: [],
    absent: plan.outputs.filter((name) => !outputs.some((output) => output.name === name)),
    labels: rules.labels,
  };
  return { outputs, provenance };
}

function outputsOf(references: ReadonlyMap<string, Reference>, call: Call): Tensor[] {
  return [...references].flatMap(([name, reference]) => {
    const tensor = tensorAt(reference, call);
    return tensor ? [{ ...tensor, name }] : [];
  });
}

/** Every rule that did something, or would have, is in the trace. */
export function tellDecisions(
  decisions: readonly Decision[],
  place: 'before' | 'after',
  { journal, span }: CallContext,
): void {
  if (decisions.length === 0) return;
  const own = journal.start('rules', place, span);
  const told = decisions.map(({ rule, action, outcome, why }) => [
    `sheaf.rule.${rule}`,
    `${action}: ${why ?? outcome}`,
  ]);
  journal.end(own, 'OK', undefined, Object.fromEntries(told));
}
