/** Whether what a store holds can have come of what its users were told: pure, so that it can be shown to fail. */
import type { JobState } from '../job.ts';
import { isWrong } from './do-work.ts';

export interface FoundJob {
  readonly state: JobState;
  readonly key: string | undefined;
  /** The token of the lease that committed the result. */
  readonly result: string | undefined;
  readonly batch: string | undefined;
}

export interface FoundBatch {
  readonly state: string;
  /** Of the whole input. */
  readonly rows: number;
  readonly isCut: boolean;
  readonly rowsCut: number;
  readonly rowsDone: number;
  readonly rowsFailed: number;
  /** The token of the lease that committed it, by the number of each row, with predictions and errors. */
  readonly committed: readonly { readonly row: number; readonly token: string; readonly isError: boolean }[];
}

export interface FoundState {
  readonly jobs: ReadonlyMap<string, FoundJob>;
  readonly batches: ReadonlyMap<string, FoundBatch>;
  /** Everything was worked on to its end since. */
  readonly isDrained: boolean;
}

/** What does not hold, in sentences; none: all holds. */
export function historyProblems(told: readonly string[], found: FoundState): string[] {
  const problems: string[] = [];
  const byKey = new Map<string, string>();
  const doneBy = new Map<string, string>();
  const lost = new Set<string>();
  for (const line of told) {
    const [kind, first = '', second = ''] = line.split(' ');
    if (kind === 'fault') problems.push(line);
    if (kind === 'batch' && !found.batches.has(first)) problems.push(`acknowledged batch ${first} is lost`);
    if (kind === 'lost') lost.add(second);
    if (kind === 'submit') {
      if (!found.jobs.has(second)) problems.push(`acknowledged job ${second} is lost`);
      if ((byKey.get(first) ?? second) !== second) problems.push(`key ${first} made two jobs`);
      byKey.set(first, second);
    }
    if (kind === 'done') {
      const other = doneBy.get(first);
      if (other !== undefined && other !== second) problems.push(`job ${first} was committed twice`);
      doneBy.set(first, second);
    }
  }
  for (const [id, job] of found.jobs) problems.push(...jobProblems(id, job, doneBy.get(id), lost, found.isDrained));
  for (const [id, batch] of found.batches) problems.push(...batchProblems(id, batch, lost, found.isDrained));
  return problems;
}

function jobProblems(
  id: string,
  { state, result }: FoundJob,
  done: string | undefined,
  lost: ReadonlySet<string>,
  isDrained: boolean,
): string[] {
  const problems: string[] = [];
  if (done !== undefined && state !== 'succeeded') problems.push(`job ${id} was done, and is ${state}`);
  if (done !== undefined && result !== undefined && result !== done)
    problems.push(`job ${id} has a result that is not the one that was acknowledged`);
  if (result !== undefined && lost.has(result)) problems.push(`job ${id} was committed by a lease that was lost`);
  if (isDrained && state !== 'succeeded') problems.push(`job ${id} is ${state} after everything was worked on`);
  return problems;
}

function batchProblems(id: string, batch: FoundBatch, lost: ReadonlySet<string>, isDrained: boolean): string[] {
  const { committed, rowsDone, rowsFailed } = batch;
  const problems: string[] = [];
  const rows = new Set(committed.map(({ row }) => row));
  if (rows.size !== committed.length) problems.push(`batch ${id}: a row is there twice`);
  if (committed.length !== rowsDone) problems.push(`batch ${id}: ${rowsDone} rows are done, ${committed.length} there`);
  const errors = committed.filter(({ isError }) => isError);
  if (errors.length !== rowsFailed) problems.push(`batch ${id}: ${rowsFailed} rows failed, ${errors.length} there`);
  for (const { row, isError, token } of committed) {
    if (isError !== isWrong(row)) problems.push(`batch ${id}: row ${row} is not what was committed`);
    if (lost.has(token)) problems.push(`batch ${id}: row ${row} was committed by a lease that was lost`);
  }
  if (batch.isCut && batch.rowsCut !== batch.rows)
    problems.push(`batch ${id}: ${batch.rowsCut} of ${batch.rows} rows were cut`);
  if (isDrained && (batch.state !== 'succeeded' || committed.length !== batch.rows))
    problems.push(`batch ${id}: is ${batch.state} with ${committed.length} of ${batch.rows} rows in the end`);
  return problems;
}
