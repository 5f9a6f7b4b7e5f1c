/** Whether a generation is good enough to be served in place of the current one. */
import { compareSamples, type Moved, type OutputSample, sampleOutputs, type Validation } from '@sheaf/batch';
import type { CallSignal } from '@sheaf/inference';
import type { BatchRecord, CurrentGeneration, GenerationId, PredictionStore } from '@sheaf/jobs';

export interface Candidate {
  readonly batch: BatchRecord;
  /** What is served now. Undefined: nothing is. */
  readonly current: CurrentGeneration | undefined;
  readonly validation: Validation | undefined;
  readonly predictions: Pick<PredictionStore, 'scan' | 'getOf'>;
  readonly signal: CallSignal;
}

/** What was found, for whoever looks. */
export interface ValidationReport {
  readonly rows: number;
  readonly rowsFailed: number;
  /** The share of rows that have a prediction. */
  readonly coverage: number;
  /** The generation that it was held against. */
  readonly against?: number | undefined;
  /** Of the keys of that one, the share that this one has too. */
  readonly overlap?: number | undefined;
  /** Outputs that have moved most. */
  readonly moved?: readonly Moved[] | undefined;
}

const pageRows = 1_000;
const movedMax = 8;

/** `problem`: why it should not be served without that somebody decides it; undefined where it is fine. */
export async function validate(
  candidate: Candidate,
): Promise<{ readonly report: ValidationReport; readonly problem: string | undefined }> {
  const { batch, current, validation = {} } = candidate;
  const { rowsDone, rowsFailed } = batch.progress;
  const coverage = rowsDone === 0 ? 0 : (rowsDone - rowsFailed) / rowsDone;
  const against = current?.number;
  const [overlap, moved] = current ? await compare(candidate, current) : [undefined, undefined];
  const report = { rows: rowsDone, rowsFailed, coverage, against, overlap, moved: moved?.slice(0, movedMax) };
  return { report, problem: problemOf(report, validation) };
}

function problemOf(
  { coverage, rows, against, overlap, moved }: ValidationReport,
  wanted: Validation,
): string | undefined {
  const { coverage: coverageMin = 1, overlap: overlapMin, psi: psiMax } = wanted;
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  if (rows === 0) return 'the input has no rows';
  if (coverage < coverageMin)
    return `${percent(coverage)} of the rows have a prediction; validation.coverage wants ${percent(coverageMin)}`;
  if (overlap !== undefined && overlapMin !== undefined && overlap < overlapMin)
    return `it has ${percent(overlap)} of the keys of generation ${against}; validation.overlap wants ${percent(overlapMin)}`;
  const worst = moved?.find(({ psi, byChance }) => psiMax !== undefined && psi > Math.max(psiMax, byChance));
  return (
    worst &&
    `output ${worst.output} has moved by ${worst.psi.toFixed(3)} since generation ${against}; validation.psi wants at most ${psiMax}, and chance explains ${worst.byChance.toFixed(3)}`
  );
}

/** Looks only at what is asked for: a large generation takes a while to read. */
async function compare(
  { batch: { collection, generation }, validation = {}, predictions, signal }: Candidate,
  current: CurrentGeneration,
): Promise<readonly [number | undefined, readonly Moved[] | undefined]> {
  const own: GenerationId = { collection, number: generation };
  const [before, now] = [sampleOutputs(), sampleOutputs()];
  const areOutputsWanted = validation.psi !== undefined;
  if (!areOutputsWanted && validation.overlap === undefined) return [undefined, undefined];
  let [keys, found] = [0, 0];
  for await (const page of pagesOf(predictions, current, signal)) {
    keys += page.length;
    addAll(before, page);
    if (validation.overlap === undefined) continue;
    const same = await predictions.getOf(
      own,
      page.map(({ key }) => key),
    );
    found += same.filter((one) => one !== undefined).length;
  }
  if (areOutputsWanted) for await (const page of pagesOf(predictions, own, signal)) addAll(now, page);
  const overlap = validation.overlap === undefined || keys === 0 ? undefined : found / keys;
  return [overlap, areOutputsWanted ? compareSamples(before, now) : undefined];
}

type Scanned = Awaited<ReturnType<PredictionStore['scan']>>;

async function* pagesOf(
  predictions: Candidate['predictions'],
  generation: GenerationId,
  signal: CallSignal,
): AsyncGenerator<Scanned> {
  for (let after: string | undefined; ; ) {
    if (signal.aborted) throw signal.reason;
    const page = await predictions.scan(generation, { limit: pageRows, ...(after !== undefined && { after }) });
    after = page.at(-1)?.key;
    if (after === undefined) return;
    yield page;
  }
}

function addAll(sample: OutputSample, page: Scanned): void {
  for (const { outputs } of page) sample.add(outputs);
}
