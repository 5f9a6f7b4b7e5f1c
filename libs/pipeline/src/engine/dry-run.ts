import { type CallContext, remainingMs } from '@sheaf/inference';
import type { LatencyTracker } from '@sheaf/routing';
import { type Decision, type Expression, ExpressionError } from '@sheaf/rules';
import type { CheckedStep, StageSpec } from '../language/spec.ts';
import { kindOf } from '../stages/index.ts';
import type { CheckedPipeline } from '../types/checked-pipeline.ts';
import { contextValues } from './context-values.ts';
import { type DryRun, type DryRunStage, type DryRunStep, defined } from './dry-run-report.ts';
import type { ExecutionPlan } from './execution-plan.ts';
import type { Call } from './step.ts';

export function createDryRun(
  checked: CheckedPipeline,
  plan: ExecutionPlan,
  latency: LatencyTracker,
  call: Call,
  context: CallContext,
  rules: readonly Decision[],
): DryRun {
  const { spec } = checked;
  const now = context.clock.now();
  const around: Around = { checked, call, context, evaluate: (expression) => call.evaluate(expression) };
  const stages = spec.stages.flatMap((stage): DryRunStage[] => {
    const wanted = plan.stages.get(stage.name);
    if (!wanted) return [];
    const usual = defined('usualMs', latency.usualMs(stage.name, now));
    return [{ ...stageOf(stage, around), after: wanted.after, ...usual }];
  });
  const starts = stages.filter(({ after }) => after.length === 0);
  const estimates = starts.map(({ name, usualMs = 0 }) => usualMs + plan.reservedMs(name, latency, now));
  return {
    pipeline: spec.pipeline,
    version: spec.version,
    deadlineMs: Math.round(remainingMs(context)),
    rules,
    stages,
    ...(stages.some(({ usualMs }) => usualMs !== undefined) ? { estimatedMs: Math.max(...estimates) } : {}),
  };
}

/** A pipeline in the dry run, and what is known of the call there. */
interface Around {
  readonly checked: CheckedPipeline;
  readonly call: Call;
  readonly context: CallContext;
  /** Throws ExpressionError where only a run can tell. */
  readonly evaluate: (expression: Expression) => unknown;
}

const stageOf = ({ name, optional }: StageSpec, around: Around): DryRunStep => ({
  ...stepOf(name, around.checked.steps.get(name) as CheckedStep, around),
  ...(optional ? { optional } : {}),
});

function stepOf(name: string, checked: CheckedStep, around: Around): DryRunStep {
  const { step } = checked;
  const kind = kindOf(step);
  const { own = {}, inner: terms = [] } = kind.dryRun?.(step, (expression) => tryEvaluate(expression, around)) ?? {};
  const inner = kind.inner(step, []).map(({ path }, index) => {
    const other = checked.inner[index] as CheckedStep;
    return { ...stepOf(placeOf(path.at(-1)), other, around), ...terms[index] };
  });
  const steps = [...inner, ...stagesInside(checked, around)];
  return {
    name,
    asks: kind.describe(step).asks,
    ...defined('timeoutMs', step.timeoutMs),
    ...own,
    ...(steps.length > 0 ? { steps } : {}),
  };
}

/** The stages of a pipeline that a step asks. Its context is that of this call; its inputs are there only in a run. */
function stagesInside(checked: CheckedStep, { call, context }: Around): DryRunStep[] {
  const inside = 'pipeline' in checked ? checked.pipeline : undefined;
  if (!inside) return [];
  let values: Record<string, unknown> | undefined;
  const around: Around = {
    checked: inside,
    call,
    context,
    evaluate: (expression) => {
      values ??= { context: contextValues(inside.spec.context, call.request, context), inputs: {} };
      return inside.evaluators.get(expression)?.(values);
    },
  };
  return inside.spec.stages.map((stage) => stageOf(stage, around));
}

/** Places in lists are counted from 1. */
const placeOf = (place: string | number | undefined): string =>
  typeof place === 'number' ? String(place + 1) : String(place);

/** Undefined where the value depends on what stages give. */
function tryEvaluate(expression: Expression, around: Around): unknown {
  if (expression.reads.some(([root]) => root === 'stages')) return undefined;
  try {
    return around.evaluate(expression);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
