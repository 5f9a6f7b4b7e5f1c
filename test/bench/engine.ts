/** What the pipeline's engine takes of a CPU for each stage: a chain and a fan of ten stages over functions that do nothing, in this process. */
import {
  type CallContext,
  type Infer,
  Journal,
  monotonicClock,
  type Signature,
  tensorOf,
  trustedCaller,
} from '@sheaf/inference';
import { type AskModel, createPipeline, parsePipeline, typeCheck } from '@sheaf/pipeline';

const stageCount = 10;
const calls = 3_000;

const vector = { datatype: 'FP32', shape: [-1] } as const;
const signature: Signature = { inputs: [{ name: 'x', ...vector }], outputs: [{ name: 'y', ...vector }] };
const x = tensorOf('x', 'FP32', [2], Float32Array.of(1, 2));
const y = { ...x, name: 'y' };
const nothing: AskModel = async () => ({ model: 'm', version: '1', parameters: new Map(), outputs: [y] });

function pipelineOf(sourceOf: (index: number) => string, outputs: Readonly<Record<string, string>>): Infer {
  const stages = Array.from({ length: stageCount }, (_, index) => [
    `s${index}`,
    { model: 'm', inputs: { x: sourceOf(index) } },
  ]);
  const { spec } = parsePipeline({ pipeline: 'p', inputs: { x: vector }, stages: Object.fromEntries(stages), outputs });
  const { checked } = spec ? typeCheck(spec, () => signature) : {};
  if (!checked) throw new Error('the bench has a pipeline that cannot be checked');
  const { infer } = createPipeline(checked, {
    model: () => nothing,
    pipeline: ({ name }) => {
      throw new Error(`there is no pipeline ${name}`);
    },
  });
  return infer;
}

function context(): CallContext {
  const journal = new Journal();
  const { signal } = new AbortController();
  const span = journal.start('request', 'bench', undefined);
  return {
    clock: monotonicClock,
    deadline: monotonicClock.now() + 10_000,
    signal,
    snapshot: { epoch: 1 },
    principal: trustedCaller,
    journal,
    span,
  };
}

async function cpuUsPerStage(infer: Infer): Promise<number> {
  const request = { model: 'p', version: '', id: '', parameters: new Map(), inputs: [x], outputs: [] };
  const run = async (): Promise<void> => {
    for (let call = 0; call < calls; call++) await infer(request, context());
  };
  // The first round compiles.
  await run();
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls / stageCount;
}

export interface EngineCost {
  readonly shape: string;
  /** Microseconds of CPU. */
  readonly usPerStage: number;
}

export async function measureEngine(): Promise<EngineCost[]> {
  const last = `s${stageCount - 1}.y`;
  const chain = pipelineOf((index) => (index === 0 ? 'x' : `s${index - 1}.y`), { y: last });
  const all = Object.fromEntries(Array.from({ length: stageCount }, (_, index) => [`y${index}`, `s${index}.y`]));
  const fan = pipelineOf(() => 'x', all);
  return [
    { shape: `chain of ${stageCount} no-op stages`, usPerStage: await cpuUsPerStage(chain) },
    { shape: `fan of ${stageCount} no-op stages`, usPerStage: await cpuUsPerStage(fan) },
  ];
}
