/** Asks for the rows of one chunk, and takes the answers apart. */
import { asInferError, InferError, type InferResponse, type RequestContent } from '@sheaf/inference';
import { type PredictedRow, predictionRows } from './answers/row-outputs.ts';
import type { ChunkRange, Input } from './input/input.ts';
import type { CompiledMapping, RowsRequest } from './mapping/compiled.ts';
import type { RowError } from './rows/row.ts';

export interface ChunkRun {
  readonly input: Input;
  readonly range: ChunkRange;
  readonly mapping: CompiledMapping;
  /** Asks what the batch is of, at its pinned version. */
  readonly ask: (content: RequestContent) => Promise<InferResponse>;
  /** The most rows of one request. */
  readonly requestRowsMax: number;
  /** How many requests may be under way at once; looked at before each is sent, so that it may change meanwhile. */
  readonly inFlightMax: () => number;
  /** No more requests are sent once it is aborted; what has been sent is waited for. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether no other try follows: a row for which something broke, also when it was asked by itself, is then an error of that row, so that one row that
   * crashes a model does not keep the others of its chunk from being answered.
   */
  readonly isLastTry?: boolean | undefined;
  /** Told of each request that has ended: how many rows it had, and how many of them failed. */
  readonly onRows?: (done: number, failed: number) => void;
}

export interface ChunkAnswer {
  /** In the order of their rows. */
  readonly rows: readonly PredictedRow[];
  readonly errors: readonly RowError[];
}

/** What is about the row that was asked, and would come again. */
const ofTheRow: ReadonlySet<string> = new Set(['INVALID_ARGUMENT', 'OUT_OF_RANGE', 'DATA_LOSS']);
/** What a row may have caused, or something else. */
const mayBeOfTheRow: ReadonlySet<string> = new Set(['INTERNAL', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED']);

/** Whatever is not about a row fails the chunk, which is tried again. */
function isAboutRow(error: InferError, isLastTry = false): boolean {
  if (ofTheRow.has(error.code) || error.decision?.startsWith('rule:')) return true;
  return isLastTry && (mayBeOfTheRow.has(error.code) || error.progress === 'lost');
}

/**
 * The answers for a chunk. Where a request of several rows is refused for what is in it, its halves are asked by themselves until the rows are found that
 * are to blame. Rejects with the first error that is not about a row, and with CANCELLED once `signal` is aborted.
 */
export async function runChunk(run: ChunkRun): Promise<ChunkAnswer> {
  const failed: RowError[] = [];
  const predicted: PredictedRow[] = [];
  const fail = (error: RowError): void => {
    failed.push(error);
    run.onRows?.(1, 1);
  };
  const again: RowsRequest[] = [];
  const ask = async (request: RowsRequest): Promise<void> => {
    try {
      predicted.push(...predictionRows(request, await run.ask(request.content)));
      run.onRows?.(request.rows.length, 0);
    } catch (cause) {
      const error = asInferError(cause);
      if (!isAboutRow(error, run.isLastTry)) throw cause;
      const [only] = request.rows;
      if (request.rows.length > 1) again.push(...request.halves());
      else if (only) fail({ row: only.row, key: only.key, code: error.code, message: error.message });
    }
  };
  const rows = run.input.read(run.range, run.mapping.columns);
  const made = run.mapping.requests(rows, run.requestRowsMax)[Symbol.asyncIterator]();
  /** The next request, of those that are asked again or of those that are to be made; undefined where there is none. */
  const next = async (): Promise<RowsRequest | undefined> => {
    for (;;) {
      const halved = again.pop();
      if (halved) return halved;
      const { done, value } = await made.next();
      if (done) return undefined;
      if (value.kind === 'request') return value.request;
      fail(value.error);
    }
  };
  try {
    await inTurn(next, ask, run);
  } finally {
    await made.return?.();
  }
  const byRow = (a: { readonly row: number }, b: { readonly row: number }): number => a.row - b.row;
  return { rows: predicted.sort(byRow), errors: failed.sort(byRow) };
}

/** Has requests asked, as many at once as are allowed at that time; only those are made that are asked next. */
async function inTurn(
  next: () => Promise<RowsRequest | undefined>,
  ask: (request: RowsRequest) => Promise<void>,
  { inFlightMax, signal }: ChunkRun,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let failure: { readonly cause: unknown } | undefined;
  const mayGoOn = (): boolean => !failure && signal?.aborted !== true;
  let request: RowsRequest | undefined;
  for (;;) {
    // Looked at first: what ends while the next is looked for may have halves that are asked again.
    const isIdle = underWay.size === 0;
    request ??= await next();
    if (!mayGoOn() || (!request && isIdle)) break;
    if (request && underWay.size < Math.max(1, inFlightMax())) {
      const asked = ask(request)
        .catch((cause: unknown) => {
          failure ??= { cause };
        })
        .finally(() => underWay.delete(asked));
      underWay.add(asked);
      request = undefined;
    } else if (underWay.size > 0) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  if (failure) throw failure.cause;
  if (signal?.aborted) throw new InferError('CANCELLED', 'the chunk was cancelled while it ran');
}
