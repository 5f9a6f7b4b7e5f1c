/** Models, transforms and pipelines, each with how it does. */
import type { Folder, Named } from '../folder.ts';
import { type Interval, sum, type Where } from '../interval.ts';

/** How a model, a transform or a pipeline does. Rates are of the interval; undefined stands for what nobody knows or what there is none of. */
export interface NameRow extends Named {
  /** The worst of its breakers. */
  readonly breaker: 'closed' | 'half-open' | 'open' | undefined;
  /** Requests of callers for this name that ended, each second. */
  readonly callsPerSecond: number | undefined;
  /** How often it was asked, by pipelines too, each second. */
  readonly runsPerSecond: number | undefined;
  /** Part of the calls that failed, or of the runs where that is more; 1 is all. */
  readonly failedRatio: number | undefined;
  /** Part of the calls that were refused, or of the runs where that is more; 1 is all. */
  readonly refusedRatio: number | undefined;
  /** Of answered calls; where nobody called a pipeline itself, of its runs in others. */
  readonly p50Seconds: number | undefined;
  readonly p99Seconds: number | undefined;
  /** Requests that wait for their run. */
  readonly queued: number | undefined;
  /** How much of the places in the queue is taken, where that is most; 1 is all. */
  readonly queueUseRatio: number | undefined;
  /** The mean. */
  readonly batchRows: number | undefined;
  readonly waitP99Seconds: number | undefined;
  readonly runP99Seconds: number | undefined;
  readonly runsInFlight: number | undefined;
  readonly runsLimit: number | undefined;
}

export const nameRows = (interval: Interval, folder: Folder): readonly NameRow[] =>
  folder.names.map((one) => (one.kind === 'pipeline' ? pipelineRow(interval, one) : modelRow(interval, one)));

function pipelineRow(interval: Interval, named: Named): NameRow {
  const where = { pipeline: named.name };
  const runs = interval.increases('sheaf_pipeline_runs_total', where);
  const failed = sum(runs.filter(({ labels: { code = '' } }) => !['OK', 'CANCELLED'].includes(code)));
  const own = { failed: ratio(failed, sum(runs)), refused: undefined };
  const calls = callNumbers(interval, named, own);
  const quantile = (of: number) => interval.quantile(of, 'sheaf_pipeline_duration_seconds', where);
  return {
    ...named,
    ...calls,
    breaker: undefined,
    runsPerSecond: interval.rate('sheaf_pipeline_runs_total', where),
    p50Seconds: calls.p50Seconds ?? quantile(0.5),
    p99Seconds: calls.p99Seconds ?? quantile(0.99),
    queued: undefined,
    queueUseRatio: undefined,
    batchRows: undefined,
    waitP99Seconds: undefined,
    runP99Seconds: undefined,
    runsInFlight: undefined,
    runsLimit: undefined,
  };
}

function modelRow(interval: Interval, named: Named): NameRow {
  const where = { model: named.name };
  const answered = sum(interval.increases('nv_inference_request_success', where));
  const failures = interval.increases('nv_inference_request_failure', where);
  const asked = answered + sum(failures);
  const of = (...reasons: readonly string[]): number =>
    sum(failures.filter(({ labels: { reason = '' } }) => reasons.includes(reason)));
  const own = { failed: ratio(of('BACKEND', 'OTHER'), asked), refused: ratio(of('REJECTED'), asked) };
  return {
    ...named,
    ...callNumbers(interval, named, own),
    breaker: breakerOf(interval, where),
    // Somebody else's server tells nobody how often it is asked.
    runsPerSecond: interval.seconds && failures.length > 0 ? asked / interval.seconds : undefined,
    ...standing(interval, where),
  };
}

/** How a model or one version of it stands, of all its processes together. */
export function standing(interval: Interval, where: Where) {
  const total = (name: Parameters<Interval['samples']>[0]): number | undefined => {
    const samples = interval.samples(name, where);
    return samples.length > 0 ? sum(samples) : undefined;
  };
  const uses = interval.samples('sheaf_queue_use_ratio', where).map(({ value }) => value);
  return {
    queued: total('nv_inference_pending_request_count'),
    queueUseRatio: uses.length > 0 ? Math.max(...uses) : undefined,
    batchRows: interval.mean('sheaf_batch_rows', where),
    waitP99Seconds: interval.quantile(0.99, 'sheaf_queue_duration_seconds', where),
    runP99Seconds: interval.quantile(0.99, 'sheaf_run_duration_seconds', where),
    runsInFlight: total('sheaf_runs_in_flight'),
    runsLimit: total('sheaf_runs_limit'),
  };
}

/** What callers had of a name; `own` is how its runs did. */
function callNumbers(
  interval: Interval,
  { name }: Named,
  own: { readonly failed: number | undefined; readonly refused: number | undefined },
) {
  const where = { model: name };
  const calls = sum(interval.increases('sheaf_requests_total', where));
  const share = (outcome: string): number | undefined =>
    ratio(sum(interval.increases('sheaf_requests_total', { ...where, outcome })), calls);
  const answered = { ...where, outcome: 'answered' };
  return {
    callsPerSecond: interval.rate('sheaf_requests_total', where),
    failedRatio: larger(share('failed'), own.failed),
    refusedRatio: larger(share('refused'), own.refused),
    p50Seconds: interval.quantile(0.5, 'sheaf_request_duration_seconds', answered),
    p99Seconds: interval.quantile(0.99, 'sheaf_request_duration_seconds', answered),
  };
}

export const ratio = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);

const larger = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : Math.max(one, other ?? 0);

const breakerStates = ['closed', 'half-open', 'open'] as const;

export function breakerOf(interval: Interval, where: Where): NameRow['breaker'] {
  const states = interval.samples('sheaf_breaker_state', where).map(({ value }) => value);
  return breakerStates[Math.max(...states)];
}
