import { asInferError, type CallContext, checkAlive, type Patience, traced } from '@sheaf/inference';
import type { LatencyTracker } from '@sheaf/routing';
import type { StageSpec } from '../language/spec.ts';
import type { Admitted } from './backlog.ts';
import { cancelTogether, withReserve } from './cancel.ts';
import { inStage } from './errors.ts';
import type { ExecutionPlan } from './execution-plan.ts';
import { dispensable } from './reserve.ts';
import { type Call, nothing, type RunStep, type StepResult } from './step.ts';
import { gatherIfThere } from './wires.ts';

export interface CompiledStage {
  readonly spec: StageSpec;
  readonly run: RunStep;
  /** Whether a tensor of the caller goes into it. */
  readonly fromCaller: boolean;
}

/** One run of the graph. */
export interface GraphRun {
  readonly stages: ReadonlyMap<string, CompiledStage>;
  readonly plan: ExecutionPlan;
  readonly latency: LatencyTracker;
  readonly admitted: Admitted;
}

/** Runs the stages that are wanted into `results`. The first failure cancels the others and is the answer; nobody waits for the rest. */
export async function runGraph(
  run: GraphRun,
  call: Call,
  results: Map<string, StepResult>,
  context: CallContext,
): Promise<void> {
  const { stages } = run.plan;
  await cancelTogether(context, (inner) => {
    const started = new Map<string, Promise<void>>();
    const ended = (name: string): Promise<void> => {
      const running = started.get(name) ?? start(name);
      started.set(name, running);
      return running;
    };
    const start = async (name: string): Promise<void> => {
      const after = stages.get(name)?.after ?? [];
      if (after.length > 0) await Promise.all(after.map(ended));
      results.set(name, await runStage(name, run, call, inner));
    };
    return Promise.all([...stages.keys()].map(ended));
  });
}

async function runStage(
  name: string,
  { stages, plan, latency, admitted }: GraphRun,
  call: Call,
  context: CallContext,
): Promise<StepResult> {
  const { spec, run, fromCaller } = stages.get(name) as CompiledStage;
  const inputs = spec.step.inputs ? gatherIfThere(spec.step.inputs, call) : [];
  // What it needs was not computed, so neither is what it gives.
  if (!inputs) {
    admitted.end(name, undefined);
    return nothing;
  }
  const startedAt = context.clock.now();
  const laterMs = call.isTrial ? 0 : plan.reservedMs(name, latency, startedAt);
  const where = `stage ${name}`;
  let tookMs: number | undefined;
  admitted.begin(name);
  try {
    checkAlive(context, where);
    const { wanted = [], after = [] } = plan.stages.get(name) ?? {};
    const result = await traced(context, 'stage', name, (own) =>
      spec.optional
        ? dispensable(laterMs, where, own, (inner) => run(inputs, wanted, call, inner))
        : run(inputs, wanted, call, withReserve({ ...own, patience: patienceOf(own, after) }, laterMs)),
    );
    tookMs = context.clock.now() - startedAt;
    latency.record(name, tookMs, startedAt);
    return result;
  } catch (error) {
    const told = inStage(error, name, fromCaller);
    if (!spec.optional || context.signal.aborted || context.clock.now() >= context.deadline) throw told;
    return { ...nothing, notes: [{ kind: 'failed', stage: name, code: asInferError(error).code }] };
  } finally {
    admitted.end(name, tookMs);
  }
}

/** A stage behind others has their work to lose, and so has one of a pipeline that is such a stage. */
function patienceOf({ patience }: CallContext, after: readonly string[]): Patience {
  if (patience === 'never') return patience;
  return patience === 'always' || after.length > 0 ? 'always' : 'once-begun';
}
