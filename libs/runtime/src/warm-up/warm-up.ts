/** The first runs of a model: on zeros, so that the first caller does not pay for them, and on made-up rows, to see whether calls may share a run. */
import {
  byteLength,
  createTensor,
  elementCount,
  InferError,
  packBytes,
  type Signature,
  type TensorSpec,
} from '@sheaf/inference';
import { joinRows } from '../scheduler/batch.ts';
import type { BatchingOptions } from '../scheduler/call-queue.ts';
import type { BatchWorker } from '../scheduler/scheduler-options.ts';
import { type PackedTensor, packTensor } from '../tasks/packed-tensor.ts';
import type { TensorTask } from '../tasks/task-thread.ts';
import { type RowModel, type RowVerdict, tryRows } from './row-proof.ts';
import type { ShapesSeen } from './shapes-seen.ts';

/** What the scheduler is to do: no run of several calls is larger than was tried. */
export function batchingOf(
  { batched, rowsMax = Number.POSITIVE_INFINITY }: Batchability,
  options: BatchingOptions | undefined,
): BatchingOptions | undefined {
  if (!batched || !options) return undefined;
  const allowedRows = options.allowedRows.filter((rows) => rows <= rowsMax);
  return { ...options, maxRows: Math.min(options.maxRows, rowsMax), allowedRows };
}

/** Whether calls to a version share its runs, and why (not). */
export interface Batchability {
  readonly batched: boolean;
  /** Most rows that a run is given of several calls: what was not tried is not batched. Undefined where it is the author's word, or none are. */
  readonly rowsMax?: number;
  /** Follows `batched: ` or `not batched: `. */
  readonly why: string;
  /** It is the author's word, and not what was seen. */
  readonly byWord?: boolean;
  /** What it cost to find out, and what was seen; undefined where nothing was tried. */
  readonly evidence?: string;
}

export const batchabilityText = ({ batched, why, evidence }: Batchability): string =>
  `${batched ? 'batched' : 'not batched'}: ${why}${evidence === undefined ? '' : ` (${evidence})`}`;

/** Tries what `batching` asks for on a worker that is warm. */
export async function tryBatching(
  worker: BatchWorker,
  signature: Signature,
  batching: BatchingOptions | undefined,
  { runLimitMs, seen }: { readonly runLimitMs: number; readonly seen: ShapesSeen },
): Promise<Batchability> {
  if (!batching) return { batched: false, byWord: true, why: 'model.yaml says so' };
  const run = rowsRunner(worker, signature, seen);
  const verdict = await tryRows({ signature, run, rowsMax: batching.maxRows, runLimitMs });
  const evidence = evidenceOf(verdict);
  if (batching.rowsIndependent === true) {
    const although = verdict.independent ? '' : `, although ${verdict.why}`;
    return {
      batched: true,
      byWord: true,
      why: `model.yaml says that its rows are independent${although}`,
      ...evidence,
    };
  }
  return verdict.independent
    ? { batched: true, rowsMax: verdict.rows, why: whyBatched(verdict.rows, batching.maxRows), ...evidence }
    : { batched: false, why: verdict.why, ...evidence };
}

const whyBatched = (rows: number, rowsMax: number): string =>
  rows < rowsMax
    ? `its rows are independent, in runs of up to ${rows}; more were not tried`
    : 'its rows are independent';

function evidenceOf(verdict: RowVerdict): { readonly evidence?: string } {
  const { runs, ms, independent } = verdict;
  if (runs === 0) return {};
  const cost = `${runs} ${runs === 1 ? 'run' : 'runs'} in ${Math.ceil(ms)} ms`;
  if (!independent) return { evidence: cost };
  const { rows, rounding } = verdict;
  const equal = rounding === 0 ? 'equal bit for bit' : `equal but for rounding of ${rounding.toExponential(0)}`;
  return { evidence: `${cost}, of up to ${rows} rows, ${equal}` };
}

/** Runs rows as the scheduler runs calls of one row each. */
function rowsRunner(worker: BatchWorker, { outputs }: Signature, seen: ShapesSeen): RowModel['run'] {
  const names = outputs.map(({ name }) => name);
  return async (rows) => {
    const { result, ms } = await runAll(worker, joinRows(rows, rows.length), names);
    seen.add(result);
    return { outputs: result, ms };
  };
}

function runAll(worker: BatchWorker, inputs: readonly PackedTensor[], outputs: readonly string[]) {
  const task: TensorTask = { inputs, outputs, outputBytesMax: Number.POSITIVE_INFINITY };
  return worker.run(
    task,
    inputs.map(({ memory }) => memory),
  );
}

/** One run on zeros; every open dimension is 1. That the model answers at all is what counts: zeros may be wrong for it. */
export async function runZeros(worker: BatchWorker, signature: Signature, seen?: ShapesSeen): Promise<void> {
  const inputs = signature.inputs.map((spec) => packTensor(zeros(spec)));
  const outputs = signature.outputs.map(({ name }) => name);
  try {
    seen?.add((await runAll(worker, inputs, outputs)).result);
  } catch (error) {
    if (!(error instanceof InferError && error.code === 'INVALID_ARGUMENT')) throw error;
  }
}

function zeros({ name, datatype, shape }: TensorSpec) {
  const concrete = shape.map((dim) => (dim === -1 ? 1 : dim));
  const bytes = byteLength(datatype, concrete);
  const data = bytes === undefined ? packBytes(new Array(elementCount(concrete)).fill('')) : new Uint8Array(bytes);
  return createTensor({ name, datatype, shape: concrete, data });
}
