import {
  asInferError,
  boolParameter,
  type CallContext,
  checkAlive,
  checkRequest,
  dryRunParameter,
  type Infer,
  type InferRequest,
  type InferResponse,
  type Patience,
  type Tensor,
  traced,
} from '@sheaf/inference';
import { type Decision, type Expression, ExpressionError, requestValues, toList } from '@sheaf/rules';
import type { Reference, StageSpec, Step, Target } from '../language/spec.ts';
import { allSteps, pipelineName, readsOf, stageReads, targetsOf } from '../language/walk.ts';
import type { CheckedPipeline } from '../types/type-check.ts';
import { answerParameters } from './answer-parameters.ts';
import type { Admitted, RunsAtOnce } from './backlog.ts';
import { cancelTogether, withReserve } from './cancel.ts';
import { compileStep } from './compile-step.ts';
import { type ContextValues, contextValues } from './context-values.ts';
import { tellDryRun } from './dry-run.ts';
import { inStage } from './errors.ts';
import { type ExecutionPlan, ExecutionPlans } from './execution-plan.ts';
import { createFanOut } from './fan-out.ts';
import { LatencyTracker } from './latency-tracker.ts';
import { refuseLate } from './refuse-late.ts';
import { requiredMembers } from './required-members.ts';
import { reroute } from './reroute.ts';
import { dispensable } from './reserve.ts';
import { type Call, nothing, type RunStep, type StepResult } from './step.ts';
import { gatherIfThere, tensorAt } from './wires.ts';

interface CompiledStage {
  readonly spec: StageSpec;
  readonly run: RunStep;
  /** Whether a tensor of the caller goes into it. */
  readonly fromCaller: boolean;
}

/** One run of the graph. */
interface Run {
  readonly plan: ExecutionPlan;
  readonly admitted: Admitted;
}

export interface PipelineOptions {
  /** How long stages take, where something is known from before. */
  readonly latency?: LatencyTracker;
  /** Refuses a call at once whose time would not do. Default true. */
  readonly earlyRefusal?: boolean;
  /** Runs that whoever answers does at once. Undefined where that is not known. */
  readonly runsAtOnce?: (target: Target) => number | undefined;
}

/** Compiles a checked pipeline once; the answer is an Infer like any model. A stage starts as soon as what it reads is there. */
export function createPipeline(
  checked: CheckedPipeline,
  resolve: (target: Target) => Infer,
  options: PipelineOptions = {},
): Infer {
  return new Pipeline(checked, resolve, options).infer;
}

class Pipeline {
  readonly #checked: CheckedPipeline;
  readonly #resolve: (target: Target) => Infer;
  readonly #latency: LatencyTracker;
  readonly #earlyRefusal: boolean;
  readonly #runsAtOnce: ReadonlyMap<string, number | undefined>;
  readonly #stages: ReadonlyMap<string, CompiledStage>;
  readonly #plans: ExecutionPlans;
  /** The pipelines that before-rules may hand calls to, by what the rules call them. */
  readonly #reroutes: ReadonlyMap<string, Infer>;

  constructor(checked: CheckedPipeline, resolve: (target: Target) => Infer, options: PipelineOptions) {
    const { latency = new LatencyTracker(), earlyRefusal = true, runsAtOnce = () => undefined } = options;
    this.#checked = checked;
    this.#latency = latency;
    this.#earlyRefusal = earlyRefusal;
    this.#resolve = resolve;
    const around = { checked, resolve, latency };
    const { stages, rules } = checked.spec;
    this.#stages = new Map(
      stages.map((spec): [string, CompiledStage] => {
        const fromCaller = readsOf(spec).some(({ stage }) => stage === undefined);
        return [spec.name, { spec, run: compileStep(spec.step, spec.name, around), fromCaller }];
      }),
    );
    this.#runsAtOnce = new Map(stages.map(({ name, step }) => [name, runsOf(step, runsAtOnce)]));
    this.#plans = new ExecutionPlans(checked);
    this.#reroutes = new Map(
      rules.before.flatMap((rule) => (rule.kind === 'reroute' ? [[rule.reroute, this.#pipelineAt(rule.reroute)]] : [])),
    );
  }

  #pipelineAt(text: string): Infer {
    return this.#resolve({ kind: 'pipeline', ...pipelineName(text) });
  }

  infer: Infer = async (received, outer) => {
    const { fanOut = createFanOut() } = outer;
    const context = { ...outer, fanOut };
    const { signature, spec } = this.#checked;
    const isDryRun = boolParameter(received, dryRunParameter);
    checkRequest(signature, received.inputs, received.outputs);
    const given = contextValues(spec.context, received, context);
    const valuesOf = (request: InferRequest): ContextValues =>
      request.parameters === received.parameters ? given : contextValues(spec.context, request, context);
    const { request, reroute: to, decisions } = this.#decideBefore(received, valuesOf, context);
    if (to !== undefined) {
      const known = this.#checked.reroutes.get(to) ?? [];
      const told = { from: `${spec.pipeline}/${spec.version}`, to, known, decisions };
      return reroute(told, this.#reroutes.get(to) as Infer, request, context);
    }
    const plan = this.#plans.getOrCreate(request.outputs);
    const call = { request, values: valuesOf(request), fanOut, membersMin: requiredMembers(context), isTrial: false };
    if (isDryRun)
      return tellDryRun(this.#checked, plan, this.#latency, this.#callOf(call, new Map()), context, decisions);
    const isTrial = this.#earlyRefusal && refuseLate(spec.pipeline, plan, this.#latency, this.#runsOf, context);
    const results = new Map<string, StepResult>();
    const running = this.#callOf({ ...call, isTrial }, results);
    const admitted = this.#latency.backlog.admit(plan.stages.keys(), context);
    try {
      await this.#runGraph({ plan, admitted }, running, results, context);
    } finally {
      admitted.leave();
    }
    return this.#answer(plan, running, results, decisions, context);
  };

  #runsOf: RunsAtOnce = (stage) => this.#runsAtOnce.get(stage);

  #decideBefore(received: InferRequest, valuesOf: (request: InferRequest) => ContextValues, context: CallContext) {
    const { spec, before } = this.#checked;
    if (spec.rules.before.length === 0) return { request: received, reroute: undefined, decisions: [] };
    const outcome = before(received, valuesOf);
    tellDecisions(outcome.decisions, 'before', context);
    return outcome;
  }

  /** Values of expressions are worked out when the first one is evaluated. */
  #callOf(about: Omit<Call, 'results' | 'evaluate'>, results: ReadonlyMap<string, StepResult>): Call {
    const { evaluators } = this.#checked;
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

  /** Runs the stages that are wanted. The first failure cancels the others and is the answer; nobody waits for the rest. */
  async #runGraph(run: Run, call: Call, results: Map<string, StepResult>, context: CallContext): Promise<void> {
    const { plan } = run;
    await cancelTogether(context, (inner) => {
      const started = new Map<string, Promise<void>>();
      const ended = (name: string): Promise<void> => {
        const running = started.get(name) ?? start(name);
        started.set(name, running);
        return running;
      };
      const start = async (name: string): Promise<void> => {
        const { after } = plan.stages.get(name) as ExecutionPlan['stages'] extends ReadonlyMap<string, infer S>
          ? S
          : never;
        if (after.length > 0) await Promise.all(after.map(ended));
        results.set(name, await this.#runStage(name, run, call, inner));
      };
      return Promise.all([...plan.stages.keys()].map(ended));
    });
  }

  async #runStage(name: string, { plan, admitted }: Run, call: Call, context: CallContext): Promise<StepResult> {
    const { spec, run, fromCaller } = this.#stages.get(name) as CompiledStage;
    const inputs = spec.step.inputs ? gatherIfThere(spec.step.inputs, call) : [];
    // What it needs was not computed, so neither is what it gives.
    if (!inputs) {
      admitted.end(name, undefined);
      return nothing;
    }
    const startedAt = context.clock.now();
    const laterMs = call.isTrial ? 0 : plan.reservedMs(name, this.#latency, startedAt);
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
      this.#latency.record(name, tookMs, startedAt);
      return result;
    } catch (error) {
      const told = inStage(error, name, fromCaller);
      if (!spec.optional || context.signal.aborted || context.clock.now() >= context.deadline) throw told;
      return { ...nothing, notes: [{ kind: 'failed', stage: name, code: asInferError(error).code }] };
    } finally {
      admitted.end(name, tookMs);
    }
  }

  #answer(
    plan: ExecutionPlan,
    call: Call,
    results: ReadonlyMap<string, StepResult>,
    before: readonly Decision[],
    context: CallContext,
  ): InferResponse {
    const { spec, after: applyRules } = this.#checked;
    const tensors = outputsOf(plan.references, call);
    const rules =
      spec.rules.after.length === 0
        ? { outputs: tensors, labels: new Map(), decisions: [] }
        : applyRules(tensors, requestValues(call.values, call.request.inputs));
    tellDecisions(rules.decisions, 'after', context);
    const outputs = plan.outputs.flatMap((name) => rules.outputs.find((output) => output.name === name) ?? []);
    // In the order the stages are written, not in which they ended.
    const made = spec.stages.flatMap(({ name }) => results.get(name) ?? []);
    const parameters = answerParameters({
      versions: made.flatMap(({ versions }) => versions),
      notes: made.flatMap(({ notes }) => notes),
      decisions: [...before, ...rules.decisions],
      absent: plan.outputs.filter((name) => !outputs.some((output) => output.name === name)),
      labels: rules.labels,
    });
    return { model: spec.pipeline, version: String(spec.version), parameters, outputs };
  }
}

function outputsOf(references: ReadonlyMap<string, Reference>, call: Call): Tensor[] {
  return [...references].flatMap(([name, reference]) => {
    const tensor = tensorAt(reference, call);
    return tensor ? [{ ...tensor, name }] : [];
  });
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

/** Every rule that did something, or would have, is in the trace. */
function tellDecisions(
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

/** Runs at once of what answers a stage. Of several together it is not less than one; a pipeline inside has several on the way. */
function runsOf(step: Step, runsAtOnce: (target: Target) => number | undefined): number | undefined {
  if (step.kind === 'target') return runsAtOnce(step.target);
  const targets = allSteps(step, []).flatMap(({ step: inner }) => targetsOf(inner));
  return targets.every((target) => runsAtOnce(target) !== undefined) ? 1 : undefined;
}

/** A stage behind others has their work to lose, and so has one of a pipeline that is such a stage. */
function patienceOf({ patience }: CallContext, after: readonly string[]): Patience {
  if (patience === 'never') return patience;
  return patience === 'always' || after.length > 0 ? 'always' : 'once-begun';
}
