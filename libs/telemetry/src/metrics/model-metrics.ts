/** Counts what a service did with its models and transforms: from the journals of its calls, and from its runs. */
import type { EndedSpan, Journal } from '@sheaf/inference';
import type { ModelStatistics } from '@sheaf/transport';
import { type FailureReason, failureReasons } from './failure-reasons.ts';
import { kept, oneOf } from './label-values.ts';
import { type Counter, type Histogram, observe, other, type Registry } from './registry.ts';
import { createVersionStatistics, type RunTimes } from './version-statistics.ts';

/** How a version stands now. */
export interface VersionStanding {
  /** Requests that wait for their run, and the most that may. */
  readonly waiting: number;
  readonly waitingMax: number;
  /** Workers that run something, may run at once, and are there. */
  readonly running: number;
  readonly runsMax: number;
  readonly workers: number;
  /** What a run takes beside its rows, and for each; 0 while that is not known. */
  readonly fixedMs: number;
  readonly rowMs: number;
}

/** A version that is served, newest of a name first. */
export interface CountedVersion {
  readonly name: string;
  readonly version: string;
  /** Whether requests share its runs, and why. Undefined for a transform. */
  readonly batchability?: { readonly batched: boolean; readonly why: string } | undefined;
  readonly standing: () => VersionStanding;
}

export interface ModelMetrics {
  readonly onJournal: (journal: Journal) => void;
  readonly onRun: (name: string, version: string, run: RunTimes) => void;
  /** Of all versions, in the order that they were given. */
  readonly statistics: () => readonly ModelStatistics[];
}

/** Reasons of requests that were not run since there was too much to do. */
const shedReasons = ['OVERLOADED', 'QUEUE_TIMEOUT', 'DRAINING'];

export function createModelMetrics(registry: Registry, versions: readonly CountedVersion[]): ModelMetrics {
  const seriesOf = versionSeries(registry);
  const known = new Map<string, Version>();
  const ordered: Version[] = [];
  for (const { name, version } of versions) {
    const own = seriesOf(name, version);
    ordered.push(own);
    known.set(`${name}/${version}`, own);
    if (!known.has(`${name}/`)) known.set(`${name}/`, own);
  }
  // Only a mesh of two minds asks for what is not here.
  const stranger = kept(() => seriesOf(other, other));
  readStandings(registry, versions);
  return {
    onJournal: (journal) => {
      const request = journal.spans.findLast(({ kind }) => kind === 'request');
      const model = request?.attributes['sheaf.model'];
      if (!request || model === undefined) return;
      const key = `${model}/${request.attributes['sheaf.version']}`;
      count(known.get(key) ?? stranger(other), request, journal.spans);
    },
    onRun: (name, version, run) => {
      const own = known.get(`${name}/${version}`);
      if (own) own.run(run);
    },
    statistics: () => ordered.map(({ statistics }) => statistics.told()),
  };
}

type Version = ReturnType<ReturnType<typeof versionSeries>>;

/** All of a version is there from the start, so that what has not happened yet is 0 and not missing. */
function versionSeries(registry: Registry) {
  const success = registry.counter('nv_inference_request_success');
  const failure = registry.counter('nv_inference_request_failure');
  const rows = registry.counter('nv_inference_count');
  const runs = registry.counter('nv_inference_exec_count');
  const times = {
    request: registry.counter('nv_inference_request_duration_us'),
    queue: registry.counter('nv_inference_queue_duration_us'),
    input: registry.counter('nv_inference_compute_input_duration_us'),
    infer: registry.counter('nv_inference_compute_infer_duration_us'),
    output: registry.counter('nv_inference_compute_output_duration_us'),
  };
  const waits = registry.histogram('sheaf_queue_duration_seconds');
  const runTimes = registry.histogram('sheaf_run_duration_seconds');
  const batchRows = registry.histogram('sheaf_batch_rows');
  const batchRequests = registry.histogram('sheaf_batch_requests');
  const shed = registry.counter('sheaf_shed_requests_total');
  return (name: string, version: string) => {
    const failures = new Map(failureReasons.map((reason) => [reason, failure.of(name, version, reason)]));
    const [allRows, allRuns] = [rows.of(name, version), runs.of(name, version)];
    const [runTime, rowsOfRun, requestsOfRun] = [runTimes, batchRows, batchRequests].map((family) =>
      family.of(name, version),
    ) as [Histogram, Histogram, Histogram];
    const statistics = createVersionStatistics(name, version);
    return {
      statistics,
      success: success.of(name, version),
      failures,
      times: {
        request: times.request.of(name, version),
        queue: times.queue.of(name, version),
        input: times.input.of(name, version),
        infer: times.infer.of(name, version),
        output: times.output.of(name, version),
      },
      wait: waits.of(name, version),
      shed: (reason: string): Counter => shed.of(name, version, reason),
      run: (run: RunTimes): void => {
        allRuns.value++;
        if (!run.isFailed) allRows.value += run.rows;
        observe(runTime, run.inferMs / 1000);
        observe(rowsOfRun, run.rows);
        observe(requestsOfRun, run.requests);
        statistics.run(run);
      },
    };
  };
}

/** Why a request was not answered, by how far it came. */
function failureOf(code: string, queue: EndedSpan | undefined): FailureReason {
  if (code === 'CANCELLED') return 'CANCELED';
  if (!queue) return 'OTHER';
  return queue.code === 'OK' ? 'BACKEND' : 'REJECTED';
}

const isShed = oneOf(shedReasons);

function count(version: Version, request: EndedSpan, spans: readonly EndedSpan[]): void {
  const { statistics, success, failures, times, wait, shed } = version;
  const queue = spans.find(({ kind }) => kind === 'queue');
  const exemplar = request.sampled ? request.traceId : undefined;
  if (queue) observe(wait, (queue.endMs - queue.startMs) / 1000, exemplar);
  const tookMs = request.endMs - request.startMs;
  if (request.code !== 'OK') {
    (failures.get(failureOf(request.code, queue)) as Counter).value++;
    statistics.failed(tookMs);
    const reason = isShed(String(request.attributes['sheaf.refused'] ?? ''));
    if (reason !== '' && reason !== other) shed(reason).value++;
    return;
  }
  const run = spans.findLast(({ kind }) => kind === 'run');
  const told = (key: string): number => Number(run?.attributes[key] ?? 0);
  const answered = {
    requestMs: tookMs,
    queueMs: queue ? queue.endMs - queue.startMs : 0,
    inputMs: told('sheaf.run.input_ms'),
    inferMs: told('sheaf.run.ms'),
    outputMs: told('sheaf.run.output_ms'),
  };
  success.value++;
  times.request.value += answered.requestMs * 1000;
  times.queue.value += answered.queueMs * 1000;
  times.input.value += answered.inputMs * 1000;
  times.infer.value += answered.inferMs * 1000;
  times.output.value += answered.outputMs * 1000;
  statistics.answered(answered);
}

function readStandings(registry: Registry, versions: readonly CountedVersion[]): void {
  const each = (value: (standing: VersionStanding) => number) => () =>
    versions.map(({ name, version, standing }) => [[name, version], value(standing())] as const);
  registry.read(
    'nv_inference_pending_request_count',
    each(({ waiting }) => waiting),
  );
  registry.read(
    'sheaf_queue_use_ratio',
    each(({ waiting, waitingMax }) => waiting / waitingMax),
  );
  registry.read(
    'sheaf_runs_in_flight',
    each(({ running }) => running),
  );
  registry.read(
    'sheaf_runs_limit',
    each(({ runsMax }) => runsMax),
  );
  registry.read(
    'sheaf_workers',
    each(({ workers }) => workers),
  );
  registry.read(
    'sheaf_run_cost_fixed_seconds',
    each(({ fixedMs }) => fixedMs / 1000),
  );
  registry.read(
    'sheaf_run_cost_row_seconds',
    each(({ rowMs }) => rowMs / 1000),
  );
  registry.read('sheaf_model_batched', () =>
    versions.flatMap(({ name, version, batchability }) =>
      batchability ? [[[name, version, batchability.why], batchability.batched ? 1 : 0] as const] : [],
    ),
  );
}
