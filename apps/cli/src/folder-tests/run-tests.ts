/** Runs the tests of a mesh folder: the pipeline itself, over fakes and over real services. */
import {
  type CallContext,
  type Infer,
  InferError,
  Journal,
  monotonicClock,
  type Signature,
  stack,
  type Tensor,
  trustedCaller,
  versionMeant,
} from '@sheaf/inference';
import { enforceDeadline } from '@sheaf/layers';
import { type Fake, type Mesh, type PipelineTest, signatureIn, type TestFile, transformName } from '@sheaf/mesh';
import {
  type AskModel,
  type AskPipeline,
  asPipeline,
  type CompiledPipeline,
  checkPipelines,
  createPipeline,
  type ModelTarget,
  type PipelineName,
  type PipelineSpec,
  type PipelineTarget,
  pipelineFinder,
  pipelineName,
  type Target,
} from '@sheaf/pipeline';
import { compare, compareRefusal, type GivenTensor, givenTensor, inputTensor } from '@sheaf/trial';
import { UsageError } from '../command.ts';

export interface TestResult {
  readonly file: string;
  readonly pipeline: string;
  readonly name: string;
  readonly ms: number;
  /** The differences from what is expected; empty when there is none. */
  readonly failures: readonly string[];
}

/** Asks a service that really runs. */
export type AskReal = (name: string) => Infer;

/** The name by which a test fakes the target of a step. */
const nameOf = (target: Target): string => (target.kind === 'transform' ? transformName(target.path) : target.name);

/** The models and transforms that some test asks and does not fake. */
export function realTargets({ models, transforms }: Mesh, files: readonly TestFile[]): boolean {
  const all = [...models.map(({ name }) => name), ...transforms.map(({ name }) => name)];
  return files.some(({ tests }) => tests.some(({ fakes }) => all.some((name) => !fakes?.has(name))));
}

/** Runs one test after the other; `askReal` is only called for what a test does not fake. */
export async function* runTests(mesh: Mesh, files: readonly TestFile[], askReal: AskReal): AsyncGenerator<TestResult> {
  for (const { file, folder, pipeline, tests } of files) {
    const { signature, spec } = pipelineIn(mesh, pipelineName(pipeline)) ?? {};
    if (!signature || !spec)
      throw new UsageError(`${file}: the tensors of pipeline "${pipeline}" are not known without its servers`);
    for (const test of tests) {
      const startedAt = monotonicClock.now();
      const failures = await run(mesh, spec, signature, test, folder, askReal);
      yield { file, pipeline, name: test.name, ms: monotonicClock.now() - startedAt, failures };
    }
  }
}

const pipelineIn = ({ pipelines, aliases }: Mesh, named: PipelineName) => {
  const specs = pipelines.map(({ spec }) => spec);
  const found = pipelineFinder(specs, aliases)(named);
  return pipelines.find(({ spec }) => spec === found);
};

async function run(
  mesh: Mesh,
  pipeline: PipelineSpec,
  signature: Signature,
  test: PipelineTest,
  folder: string,
  askReal: AskReal,
): Promise<string[]> {
  const pipelines = new Map<PipelineSpec, CompiledPipeline>();
  const specs = mesh.pipelines.map(({ spec }) => spec);
  const find = pipelineFinder(specs, mesh.aliases);
  const checks = checkPipelines(specs, (target) => signatureIn(mesh, target), mesh.aliases);
  for (const { spec, checked } of checks) {
    if (!checked) continue;
    const fakeOf = (target: Target): AskModel | undefined => {
      const name = nameOf(target);
      const fake = test.fakes?.get(name);
      const infer = fake && fakeInfer(name, fake, signatureOfTarget(mesh, target));
      return infer && ((request, context) => infer({ ...request, model: name, version: '' }, context));
    };
    const model = (target: ModelTarget): AskModel => {
      const name = nameOf(target);
      const version = target.kind === 'model' ? versionMeant(mesh.aliases, name, target.version ?? '') : '';
      return fakeOf(target) ?? ((request, context) => askReal(name)({ ...request, model: name, version }, context));
    };
    const pipeline = (target: PipelineTarget): AskPipeline => {
      const fake = fakeOf(target);
      if (fake) return asPipeline(fake);
      return (request, context) =>
        (pipelines.get(find(target) as PipelineSpec) as CompiledPipeline).ask(request, context);
    };
    pipelines.set(spec, createPipeline(checked, { model, pipeline }));
  }
  try {
    const inputs = await Promise.all([...test.inputs].map(([name, value]) => inputOf(name, value, signature, folder)));
    const request = {
      model: pipeline.pipeline,
      version: '',
      id: '',
      parameters: new Map(test.parameters ?? []),
      inputs,
      outputs: [],
    };
    const infer = stack([enforceDeadline('the test')], (pipelines.get(pipeline) as CompiledPipeline).infer);
    const response = await infer(request, contextOf(test));
    return await compare(test.expect, response);
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    return compareRefusal(test.expect, error);
  }
}

const signatureOfTarget = (mesh: Mesh, target: Target): Signature | undefined =>
  target.kind === 'pipeline' ? pipelineIn(mesh, target)?.signature : signatureIn(mesh, target);

async function inputOf(
  name: string,
  value: Parameters<typeof inputTensor>[0],
  { inputs }: Signature,
  folder: string,
): Promise<Tensor> {
  const spec = inputs.find((input) => input.name === name);
  // Whoever read the test has looked.
  if (!spec) throw new Error(`there is no input "${name}"`);
  return inputTensor(value, spec, folder).catch((error: unknown) => {
    throw error instanceof InferError && error.code === 'NOT_FOUND' ? new UsageError(error.message) : error;
  });
}

function fakeInfer(name: string, { gives, fails, after = 0 }: Fake, signature: Signature | undefined): Infer {
  return async ({ outputs: wanted }, { clock, signal }) => {
    await new Promise<void>((resolve, reject) => {
      const stop = clock.after(after, resolve);
      signal.addEventListener('abort', () => {
        stop();
        reject(new InferError('CANCELLED', 'nobody waits for it'));
      });
    });
    if (fails !== undefined) throw new InferError(fails, 'it fails, as the test says');
    const specs = signature?.outputs.filter(({ name: output }) => wanted.length === 0 || wanted.includes(output)) ?? [];
    const outputs = specs.flatMap((spec) =>
      gives?.has(spec.name) ? [givenTensor(gives.get(spec.name) as GivenTensor, spec)] : [],
    );
    return { model: name, version: 'fake', parameters: new Map(), outputs: await Promise.all(outputs) };
  };
}

function contextOf({ timeout = 10_000, metadata }: PipelineTest): CallContext {
  const journal = new Journal();
  return {
    clock: monotonicClock,
    deadline: monotonicClock.now() + timeout,
    signal: new AbortController().signal,
    snapshot: { epoch: 0 },
    principal: trustedCaller,
    journal,
    span: journal.start('request', 'test', undefined),
    metadata: (key) => metadata?.get(key),
  };
}
