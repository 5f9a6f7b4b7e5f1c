import { type CallContext, remainingMs } from '@sheaf/inference';
import { type Decision, type Expression, ExpressionError } from '@sheaf/rules';
import { asks } from '../diagram/step-words.ts';
import type { Member, StageSpec, Step } from '../language/spec.ts';
import { innerSteps } from '../language/walk.ts';
import type { CheckedPipeline } from '../types/type-check.ts';
import { contextValues } from './context-values.ts';
import type { ExecutionPlan } from './execution-plan.ts';
import type { LatencyTracker } from './latency-tracker.ts';
import type { Call } from './step.ts';

export interface DryRunStep {
  readonly name: string;
  /** `model "digits-cnn"`, `ensemble, soft-vote`, ... */
  readonly asks: string;
  readonly timeoutMs?: number;
  /** Of an ensemble: so many members, or members of so much weight. */
  readonly quorum?: number | { readonly weight: number };
  /** Of a member: from then on it is waited for only while the quorum needs it. */
  readonly softTimeoutMs?: number;
  /** Of a member or a stage: others answer without it. */
  readonly optional?: true;
  /** Of a member; absent where only a run can tell. */
  readonly weight?: number;
  /** Of a branch: whether it is taken; absent where only a run can tell. */
  readonly taken?: boolean;
  /** Members, branches, substitutes; of a pipeline its stages. */
  readonly steps?: readonly DryRunStep[];
}

export interface DryRunStage extends DryRunStep {
  readonly after: readonly string[];
  /** The median of its last runs; absent with too few of the last ten minutes. */
  readonly usualMs?: number;
}

/** What a request would set off. */
export interface DryRun {
  readonly pipeline: string;
  readonly version: number;
  readonly deadlineMs: number;
  readonly rules: readonly Decision[];
  /** When rules hand the call over: from which pipeline to which. */
  readonly rerouted?: string;
  readonly stages: readonly DryRunStage[];
  /** Along the longest path of the stages whose latencies are known; absent when none is. */
  readonly estimatedMs?: number;
}

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

const stageOf = ({ name, step, optional }: StageSpec, around: Around): DryRunStep => ({
  ...stepOf(name, step, around),
  ...(optional ? { optional } : {}),
});

function stepOf(name: string, step: Step, around: Around): DryRunStep {
  const inner = innerSteps(step, []).map(({ step: other, path }, index): DryRunStep => {
    const own = stepOf(placeOf(path.at(-1)), other, around);
    if (step.kind === 'ensemble') return { ...own, ...memberTerms(step.members[index], around) };
    return step.kind === 'switch' ? { ...own, ...defined('taken', takenOf(step, index, around)) } : own;
  });
  const steps = [...inner, ...stagesInside(step, around)];
  return {
    name,
    asks: asks(step),
    ...defined('timeoutMs', step.timeoutMs),
    ...(step.kind === 'ensemble' ? defined('quorum', step.quorum) : {}),
    ...(steps.length > 0 ? { steps } : {}),
  };
}

const memberTerms = (member: Member | undefined, around: Around): Partial<DryRunStep> =>
  member
    ? {
        ...defined('weight', weightOf(member.weight, around)),
        ...defined('softTimeoutMs', member.softTimeoutMs),
        ...(member.optional ? { optional: true } : {}),
      }
    : {};

/** The stages of a pipeline that a step asks. Its context is that of this call; its inputs are there only in a run. */
function stagesInside(step: Step, { checked, call, context }: Around): DryRunStep[] {
  const inside = checked.pipelines.get(step);
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

const defined = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };

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

const weightOf = (weight: number | Expression, around: Around): number | undefined =>
  typeof weight === 'number' ? weight : (tryEvaluate(weight, around) as number | undefined);

function takenOf(step: Extract<Step, { kind: 'switch' }>, index: number, around: Around): boolean | undefined {
  const outcomes = step.branches.map(({ when }) => (when ? tryEvaluate(when, around) : true));
  const decided = outcomes.findIndex((outcome) => outcome !== false);
  if (decided === -1) return false;
  if (outcomes[decided] === undefined) return index < decided ? false : undefined;
  return index === decided;
}
