import type { CallContext, InferResponse, Parameter } from '@sheaf/inference';
import { remainingMs } from '@sheaf/inference';
import { type Decision, ExpressionError } from '@sheaf/rules';
import type { Step } from '../spec.ts';
import { asks } from '../step-words.ts';
import type { CheckedPipeline } from '../type-check.ts';
import { innerSteps } from '../walk.ts';
import type { Demand } from './demand.ts';
import type { Call } from './step.ts';
import type { TimeBook } from './time-book.ts';

/** Request parameter (bool): say what would happen, and run nothing. */
export const planParameter = 'sheaf_plan';
/** Response parameter: JSON of {@link Plan}. */
export const planAnswerParameter = 'sheaf_plan';

export interface PlannedStep {
  readonly name: string;
  /** `model "digits-cnn"`, `ensemble, soft-vote`, ... */
  readonly asks: string;
  readonly timeoutMs?: number;
  /** Of a member; absent where only a run can tell. */
  readonly weight?: number;
  /** Of a branch: whether it is taken; absent where only a run can tell. */
  readonly taken?: boolean;
  readonly steps?: readonly PlannedStep[];
}

export interface PlannedStage extends PlannedStep {
  readonly after: readonly string[];
  /** The median of its last runs; absent with too few of the last 30 s. */
  readonly usualMs?: number;
}

/** What a request would set off. */
export interface Plan {
  readonly pipeline: string;
  readonly version: number;
  readonly deadlineMs: number;
  readonly rules: readonly Decision[];
  readonly stages: readonly PlannedStage[];
  /** Along the longest path of the stages whose times are known; absent when none is. */
  readonly estimatedMs?: number;
}

/** Answers with a {@link Plan} instead of tensors. */
export function tellPlan(
  { spec }: CheckedPipeline,
  demand: Demand,
  times: TimeBook,
  call: Call,
  context: CallContext,
  rules: readonly Decision[],
): InferResponse {
  const now = context.clock.now();
  const stages = spec.stages.flatMap(({ name, step }): PlannedStage[] => {
    const wanted = demand.stages.get(name);
    if (!wanted) return [];
    const usualMs = times.usualMs(name, now);
    return [{ ...planned(name, step, call), after: wanted.after, ...(usualMs === undefined ? {} : { usualMs }) }];
  });
  const starts = stages.filter(({ after }) => after.length === 0);
  const estimates = starts.map(({ name, usualMs = 0 }) => usualMs + demand.reservedMs(name, times, now));
  const plan: Plan = {
    pipeline: spec.pipeline,
    version: spec.version,
    deadlineMs: Math.round(remainingMs(context)),
    rules,
    stages,
    ...(stages.some(({ usualMs }) => usualMs !== undefined) ? { estimatedMs: Math.max(...estimates) } : {}),
  };
  const parameters = new Map<string, Parameter>([[planAnswerParameter, JSON.stringify(plan)]]);
  return { model: spec.pipeline, version: String(spec.version), parameters, outputs: [] };
}

function planned(name: string, step: Step, call: Call): PlannedStep {
  const { timeoutMs } = step;
  const steps = innerSteps(step, []).map(({ step: inner, path }, index): PlannedStep => {
    const own = planned(placeOf(path.at(-1)), inner, call);
    if (step.kind === 'ensemble')
      return { ...own, ...defined('weight', weightOf(step.members[index]?.weight ?? 1, call)) };
    return step.kind === 'switch' ? { ...own, ...defined('taken', takenOf(step, index, call)) } : own;
  });
  return {
    name,
    asks: asks(step),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(steps.length > 0 ? { steps } : {}),
  };
}

/** Places in lists are counted from 1. */
const placeOf = (place: string | number | undefined): string =>
  typeof place === 'number' ? String(place + 1) : String(place);

const defined = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };

/** Undefined where the value depends on what stages give. */
function tryEvaluate(expression: Parameters<Call['evaluate']>[0], call: Call): unknown {
  if (expression.reads.some(([root]) => root === 'stages')) return undefined;
  try {
    return call.evaluate(expression);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

const weightOf = (weight: number | Parameters<Call['evaluate']>[0], call: Call): number | undefined =>
  typeof weight === 'number' ? weight : (tryEvaluate(weight, call) as number | undefined);

function takenOf(step: Extract<Step, { kind: 'switch' }>, index: number, call: Call): boolean | undefined {
  const outcomes = step.branches.map(({ when }) => (when ? tryEvaluate(when, call) : true));
  const decided = outcomes.findIndex((outcome) => outcome !== false);
  if (outcomes[decided] === undefined) return index < decided ? false : undefined;
  return index === decided;
}
