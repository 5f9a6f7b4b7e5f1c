import {
  abortReason,
  asInferError,
  type CallContext,
  checkAlive,
  checkRequest,
  deadlineExceeded,
  explainParameter,
  type Infer,
  InferError,
  type InferRequest,
  type Parameters,
  type Signature,
  type Tensor,
  traced,
} from '@sheaf/inference';
import { type Combine, createCombiner } from './combiners/index.ts';
import { dependencies, needed } from './graph.ts';
import type { PipelineSpec, Reference, StageSpec, Target } from './spec.ts';

type Resolve = (target: Target) => Infer;

/** What a stage gave, and the versions that made it, e.g. `read.cnn=digits-cnn/3`. */
interface StageResult {
  readonly outputs: readonly Tensor[];
  readonly versions: readonly string[];
}

type RunStage = (
  inputs: readonly Tensor[],
  wanted: readonly string[],
  request: InferRequest,
  context: CallContext,
) => Promise<StageResult>;

interface CompiledStage {
  readonly spec: StageSpec;
  readonly run: RunStage;
  readonly dependencies: readonly string[];
}

/** Name of the response parameter that tells which version of what answered. */
const versionsParameter = 'sheaf_versions';

/** Compiles a checked pipeline once; the answer is an Infer like any model. A stage starts as soon as its inputs are there. */
export function createPipeline(spec: PipelineSpec, signature: Signature, resolve: Resolve): Infer {
  const stages = new Map(
    spec.stages.map((stage): [string, CompiledStage] => [
      stage.name,
      { spec: stage, run: compile(stage, resolve), dependencies: dependencies(stage) },
    ]),
  );
  const everyOutput = [...spec.outputs.keys()];
  return async (request, context) => {
    checkRequest(signature, request.inputs, request.outputs);
    const names = request.outputs.length === 0 ? everyOutput : request.outputs;
    const wanted = new Map(names.flatMap((name) => [[name, spec.outputs.get(name) as Reference] as const]));
    const results = await runGraph(spec, stages, wanted, request, context);
    const outputs = [...wanted].map(([name, reference]) => ({ ...tensorAt(reference, request, results), name }));
    const versions = spec.stages.flatMap(({ name }) => results.get(name)?.versions ?? []);
    const parameters = new Map([[versionsParameter, versions.join(', ')]]);
    return { model: spec.pipeline, version: String(spec.version), parameters, outputs };
  };
}

function tensorAt(
  { stage, name }: Reference,
  request: InferRequest,
  results: ReadonlyMap<string, StageResult>,
): Tensor {
  const tensors = stage === undefined ? request.inputs : (results.get(stage)?.outputs ?? []);
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (!tensor)
    throw new InferError('INTERNAL', `stage ${stage} gave no output "${name}"`, { reason: 'STAGE_CONTRACT_VIOLATION' });
  return tensor;
}

/** Runs the stages that the wanted outputs need. The first failure cancels the others and is the answer; nobody waits for the rest. */
async function runGraph(
  spec: PipelineSpec,
  stages: ReadonlyMap<string, CompiledStage>,
  wanted: ReadonlyMap<string, Reference>,
  request: InferRequest,
  context: CallContext,
): Promise<ReadonlyMap<string, StageResult>> {
  const active = needed(spec.stages, wanted.values());
  const read = [
    ...wanted.values(),
    ...spec.stages.filter(({ name }) => active.has(name)).flatMap(({ inputs }) => [...inputs.values()]),
  ];
  const results = new Map<string, StageResult>();
  return cancelTogether(context, async (inner) => {
    const started = new Map<string, Promise<void>>();
    const run = (name: string): Promise<void> => {
      const running = started.get(name) ?? start(stages.get(name) as CompiledStage);
      started.set(name, running);
      return running;
    };
    const start = async ({ spec: stage, run: runStage, dependencies: names }: CompiledStage): Promise<void> => {
      await Promise.all(names.map(run));
      const inputs = [...stage.inputs].map(([input, reference]) => ({
        ...tensorAt(reference, request, results),
        name: input,
      }));
      const outputs = [...new Set(read.filter((reference) => reference.stage === stage.name).map(({ name }) => name))];
      results.set(
        stage.name,
        await traced(inner, 'stage', stage.name, (own) => runStage(inputs, outputs, request, own)),
      );
    };
    await Promise.all([...active].map(run));
    return results;
  });
}

/** Gives `work` a signal that ends with the caller's, and as soon as any part of `work` fails. */
async function cancelTogether<T>(context: CallContext, work: (context: CallContext) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(abortReason(context.signal));
  // A signal that is aborted already has no event to come.
  if (context.signal.aborted) onAbort();
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work({ ...context, signal: controller.signal });
  } catch (error) {
    controller.abort();
    throw error;
  } finally {
    context.signal.removeEventListener('abort', onAbort);
  }
}

function compile(stage: StageSpec, resolve: Resolve): RunStage {
  const run =
    stage.kind === 'ensemble' ? compileEnsemble(stage, resolve) : compileTarget(stage.name, stage.target, resolve);
  const fromCaller = [...stage.inputs.values()].some((reference) => reference.stage === undefined);
  const where = `stage ${stage.name}`;
  return async (inputs, wanted, request, context) => {
    try {
      checkAlive(context, where);
      return await withTimeout(stage.timeoutMs, where, context, (inner) => run(inputs, wanted, request, inner));
    } catch (error) {
      throw inStage(error, where, stage.name, fromCaller);
    }
  };
}

const explaining: Parameters = new Map([[explainParameter, true]]);
const contractViolation = { reason: 'STAGE_CONTRACT_VIOLATION' };

function compileTarget(name: string, target: Target, resolve: Resolve): RunStage {
  const infer = resolve(target);
  return async (inputs, outputs, { id, parameters: given }, context) => {
    // A caller's parameters are the pipeline's; only the wish for an explanation is every stage's.
    const parameters = given.get(explainParameter) === true ? explaining : new Map();
    const response = await infer({ model: '', version: '', id, parameters, inputs, outputs }, context);
    const missing = outputs.find((wanted) => !response.outputs.some((output) => output.name === wanted));
    if (missing !== undefined) throw new InferError('INTERNAL', `gave no output "${missing}"`, contractViolation);
    return { outputs: response.outputs, versions: [`${name}=${response.model}/${response.version}`] };
  };
}

/** Members are asked in parallel; all of them have to answer. */
function compileEnsemble(
  { name: stage, members, combine }: Extract<StageSpec, { kind: 'ensemble' }>,
  resolve: Resolve,
): RunStage {
  const combiner: Combine = createCombiner(combine);
  const asked = members.map(({ name, target }) => ({ name, run: compileTarget(`${stage}.${name}`, target, resolve) }));
  return (inputs, _wanted, request, context) =>
    cancelTogether(context, async (inner) => {
      const answers = await Promise.all(
        asked.map(({ name, run }) =>
          traced(inner, 'member', name, async (own) => {
            try {
              return await run(inputs, [combine.output], request, own);
            } catch (error) {
              throw named(error, `member ${name}`);
            }
          }),
        ),
      );
      const tensors = answers.map(({ outputs }) =>
        tensorAt(
          { stage, name: combine.output },
          { ...request, inputs: [] },
          new Map([[stage, { outputs, versions: [] }]]),
        ),
      );
      return { outputs: combiner(tensors), versions: answers.flatMap(({ versions }) => versions) };
    });
}

/** A longer timer would fire at once. */
const timerMsMax = 2 ** 31 - 1;

/** Caps a stage's time inside the call's deadline, and answers when it is up. */
async function withTimeout<T>(
  timeoutMs: number | undefined,
  where: string,
  context: CallContext,
  work: (context: CallContext) => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return work(context);
  return cancelTogether(context, async (inner) => {
    const deadline = Math.min(context.deadline, context.clock.now() + timeoutMs);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const waitMs = Math.min(timerMsMax, Math.max(0, deadline - context.clock.now()));
      timer = setTimeout(() => reject(deadlineExceeded(where)), waitMs);
    });
    try {
      return await Promise.race([work({ ...inner, deadline }), late]);
    } finally {
      clearTimeout(timer);
    }
  });
}

/** The same error, its message and metadata naming who failed. */
function named(
  thrown: unknown,
  who: string,
  changes: { code?: InferError['code']; reason?: string; metadata?: Record<string, string> } = {},
): InferError {
  const error = asInferError(thrown);
  const { code = error.code, reason = error.reason, metadata = {} } = changes;
  const retryAfterMs =
    error.retryAfterMs === undefined || code !== error.code ? {} : { retryAfterMs: error.retryAfterMs };
  return new InferError(code, `${who}: ${error.message}`, {
    reason,
    metadata: { ...error.metadata, ...metadata },
    violations: error.violations,
    ...retryAfterMs,
    cause: error.cause,
  });
}

const callersFault = new Set<string>(['INVALID_ARGUMENT', 'NOT_FOUND', 'FAILED_PRECONDITION', 'UNIMPLEMENTED']);

/**
 * A stage that refuses *our* tensor is the pipeline's fault, not the caller's; unless the caller's own tensor went into it.
 */
function inStage(thrown: unknown, where: string, stage: string, fromCaller: boolean): InferError {
  const error = asInferError(thrown);
  const ours = callersFault.has(error.code) && !(fromCaller && error.code === 'INVALID_ARGUMENT');
  if (!ours) return named(error, where, { metadata: { stage } });
  const metadata = { stage, upstream_code: error.code };
  return named(error, where, { code: 'INTERNAL', reason: 'STAGE_CONTRACT_VIOLATION', metadata });
}
