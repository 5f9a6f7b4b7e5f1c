import {
  boolParameter,
  type CallContext,
  checkRequest,
  dryRunParameter,
  type Infer,
  type RequestContent,
} from '@sheaf/inference';
import type { CheckedStep, PipelineSpec, Step } from '../language/spec.ts';
import type { Target } from '../language/target.ts';
import { allSteps, innerSteps, pipelineName, readsOf, targetsOf } from '../language/walk.ts';
import type { CheckedPipeline } from '../types/checked-pipeline.ts';
import { answerParameters, dryRunParameters } from './answer-parameters.ts';
import type { RunsAtOnce } from './backlog.ts';
import { compileStep } from './compile-step.ts';
import { type ContextValues, contextValues } from './context-values.ts';
import { createAnswer, tellDecisions } from './create-answer.ts';
import { createCall } from './create-call.ts';
import { createDryRun } from './dry-run.ts';
import { ExecutionPlans } from './execution-plan.ts';
import { createFanOut } from './fan-out.ts';
import { noProvenance } from './provenance.ts';
import { refuseLate } from './refuse-late.ts';
import { requiredMembers } from './required-members.ts';
import { reroute } from './reroute.ts';
import { type CompiledStage, runGraph } from './run-graph.ts';
import { type LatencyOf, oneLatency } from './stage-times.ts';
import type { StepResult } from './step.ts';
import type { AskPipeline, PipelineAnswer, Targets } from './targets.ts';

export interface PipelineOptions {
  /** How long stages take with the versions that a call gets, where something is known from before. */
  readonly latencyOf?: LatencyOf;
  /** Refuses a call at once whose time would not do. Default true. */
  readonly earlyRefusal?: boolean;
  /** Runs that whoever answers does at once. Undefined where that is not known. */
  readonly runsAtOnce?: (target: Target) => number | undefined;
}

export interface CompiledPipeline {
  /** For callers: an Infer like any model, whose parameters tell how the answer came to be. */
  readonly infer: Infer;
  /** For other pipelines. */
  readonly ask: AskPipeline;
}

/** Compiles a checked pipeline once. A stage starts as soon as what it reads is there. */
export function createPipeline(
  checked: CheckedPipeline,
  targets: Targets,
  options: PipelineOptions = {},
): CompiledPipeline {
  const ask = createAsk(compile(checked, targets, options));
  const infer: Infer = async (request, context) => {
    const { model, version, outputs, provenance, dryRun } = await ask(request, context);
    const parameters = dryRun ? dryRunParameters(dryRun, provenance) : answerParameters(provenance);
    return { model, version, parameters, outputs };
  };
  return { infer, ask };
}

/** All that calls of a pipeline share. */
interface Compiled {
  readonly checked: CheckedPipeline;
  readonly name: Pick<PipelineAnswer, 'model' | 'version'>;
  readonly stages: ReadonlyMap<string, CompiledStage>;
  readonly plans: ExecutionPlans;
  readonly latencyOf: LatencyOf;
  readonly earlyRefusal: boolean;
  readonly runsAtOnce: RunsAtOnce;
  /** The pipelines that rules may hand calls to, by what the rules call them. */
  readonly reroutes: ReadonlyMap<string, { readonly inputs: readonly string[]; readonly ask: AskPipeline }>;
}

function compile(
  checked: CheckedPipeline,
  targets: Targets,
  { latencyOf = oneLatency(), earlyRefusal = true, runsAtOnce = () => undefined }: PipelineOptions,
): Compiled {
  const { spec } = checked;
  const stages = spec.stages.map((stage): [string, CompiledStage] => {
    const fromCaller = readsOf(stage).some((reference) => reference.stage === undefined);
    const step = checked.steps.get(stage.name) as CheckedStep;
    return [stage.name, { spec: stage, run: compileStep(step, stage.name, targets, latencyOf), fromCaller }];
  });
  const runs = new Map(spec.stages.map(({ name, step }) => [name, runsOf(step, runsAtOnce)]));
  return {
    checked,
    name: { model: spec.pipeline, version: String(spec.version) },
    stages: new Map(stages),
    plans: new ExecutionPlans(checked),
    latencyOf,
    earlyRefusal,
    runsAtOnce: (stage) => runs.get(stage),
    reroutes: new Map(
      reroutesOf(spec).map((to) => {
        const ask = targets.pipeline({ kind: 'pipeline', ...pipelineName(to) });
        return [to, { inputs: checked.reroutes.get(to) ?? [], ask }];
      }),
    ),
  };
}

const reroutesOf = ({ rules }: PipelineSpec): string[] =>
  rules.before.flatMap((rule) => (rule.kind === 'reroute' ? [rule.reroute] : []));

/** One call: what it sends, the rules before, the graph, the rules after. */
function createAsk(compiled: Compiled): AskPipeline {
  const { checked, name, stages, plans } = compiled;
  const { signature, spec } = checked;
  return async (received, outer) => {
    const { fanOut = createFanOut() } = outer;
    const context = { ...outer, fanOut };
    const latency = compiled.latencyOf(context);
    const isDryRun = boolParameter(received, dryRunParameter);
    checkRequest(signature, received.inputs, received.outputs);
    const given = contextValues(spec.context, received, context);
    const valuesOf = (request: RequestContent): ContextValues =>
      request.parameters === received.parameters ? given : contextValues(spec.context, request, context);
    context.journal.mark(context.span, { 'sheaf.pipeline': `${name.model}/${name.version}` });
    const { request, reroute: to, decisions } = decideBefore(checked, received, valuesOf, context);
    const other = to === undefined ? undefined : compiled.reroutes.get(to);
    if (to !== undefined && other)
      return reroute({ from: `${spec.pipeline}/${spec.version}`, to, decisions }, other, request, context);
    const plan = plans.getOrCreate(request.outputs);
    const about = { request, values: valuesOf(request), fanOut, membersMin: requiredMembers(context), isTrial: false };
    if (isDryRun) {
      const dryRun = createDryRun(checked, plan, latency, createCall(checked, about, new Map()), context, decisions);
      return { ...name, outputs: [], provenance: noProvenance, dryRun };
    }
    const isTrial = compiled.earlyRefusal && refuseLate(spec.pipeline, plan, latency, compiled.runsAtOnce, context);
    const results = new Map<string, StepResult>();
    const call = createCall(checked, { ...about, isTrial }, results);
    const admitted = latency.backlog.admit(plan.stages.keys(), context);
    try {
      await runGraph({ stages, plan, latency, admitted }, call, results, context);
    } finally {
      admitted.leave();
    }
    return { ...name, ...createAnswer(checked, plan, call, decisions, context) };
  };
}

function decideBefore(
  { spec, before }: CheckedPipeline,
  received: RequestContent,
  valuesOf: (request: RequestContent) => ContextValues,
  context: CallContext,
): ReturnType<CheckedPipeline['before']> {
  if (spec.rules.before.length === 0) return { request: received, reroute: undefined, decisions: [] };
  const result = before(received, valuesOf);
  tellDecisions(result.decisions, 'before', context);
  return result;
}

/** Runs at once of what answers a stage. Of several together it is not less than one; a pipeline inside has several on the way. */
function runsOf(step: Step, runsAtOnce: (target: Target) => number | undefined): number | undefined {
  const [only] = innerSteps(step, []).length === 0 ? targetsOf(step) : [];
  if (only) return runsAtOnce(only);
  const targets = allSteps(step, []).flatMap(({ step: inner }) => targetsOf(inner));
  return targets.every((target) => runsAtOnce(target) !== undefined) ? 1 : undefined;
}
