/** A pipeline is a model to its callers, to dashboards and to whoever picks an endpoint: its runs are counted under the same names. */
import type { EndedSpan } from '@sheaf/inference';
import type { ModelStatistics } from '@sheaf/transport';
import { type FailureReason, failureReasons } from './failure-reasons.ts';
import { kept } from './label-values.ts';
import type { Counter, Registry } from './registry.ts';
import { createVersionStatistics, type VersionStatistics } from './version-statistics.ts';

export interface PipelineStatistics {
  /** Takes a run of a pipeline that has ended. */
  readonly count: (pipeline: string, version: string, run: EndedSpan) => void;
  /** Undefined where it was not asked so far. */
  readonly of: (pipeline: string, version: string) => ModelStatistics | undefined;
}

export function createPipelineStatistics(registry: Registry): PipelineStatistics {
  const series = pipelineSeries(registry);
  const known = new Map<string, VersionStatistics>();
  return {
    count: (pipeline, version, run) => {
      const key = `${pipeline}/${version}`;
      const statistics = known.get(key) ?? createVersionStatistics(pipeline, version);
      known.set(key, statistics);
      const tookMs = run.endMs - run.startMs;
      if (run.code === 'OK') addAnswered(statistics, tookMs);
      else statistics.failed(tookMs);
      series(key)(run.code, tookMs);
    },
    of: (pipeline, version) => known.get(`${pipeline}/${version}`)?.told(),
  };
}

/** All of its time counts as computing: it waits for nothing but its stages. */
function addAnswered(statistics: VersionStatistics, tookMs: number): void {
  const times = { inputMs: 0, inferMs: tookMs, outputMs: 0 };
  statistics.run({ rows: 1, requests: 1, ...times, isFailed: false });
  statistics.answered({ requestMs: tookMs, queueMs: 0, ...times });
}

/** Times that a dashboard divides by, and that a pipeline has none of. */
const noTimes = [
  'nv_inference_queue_duration_us',
  'nv_inference_compute_input_duration_us',
  'nv_inference_compute_output_duration_us',
] as const;

/** By `name/version`. All series of a version are there once it was asked, so that what has not happened is 0 and not missing. */
function pipelineSeries(registry: Registry): (key: string) => (code: string, tookMs: number) => void {
  const success = registry.counter('nv_inference_request_success');
  const failure = registry.counter('nv_inference_request_failure');
  const [rows, runs] = [registry.counter('nv_inference_count'), registry.counter('nv_inference_exec_count')];
  const requestTime = registry.counter('nv_inference_request_duration_us');
  const inferTime = registry.counter('nv_inference_compute_infer_duration_us');
  return kept((key) => {
    const [name = '', version = ''] = key.split('/');
    for (const time of noTimes) registry.counter(time).of(name, version);
    const failures = new Map(failureReasons.map((reason) => [reason, failure.of(name, version, reason)]));
    const [answered, rowsOfAll, runsOfAll] = [success, rows, runs].map((family) => family.of(name, version)) as [
      Counter,
      Counter,
      Counter,
    ];
    const times = [requestTime, inferTime].map((family) => family.of(name, version));
    return (code, tookMs) => {
      runsOfAll.value++;
      if (code !== 'OK') {
        (failures.get(reasonOf(code)) as Counter).value++;
        return;
      }
      answered.value++;
      rowsOfAll.value++;
      for (const time of times) time.value += tookMs * 1000;
    };
  });
}

/** Codes that say that the mesh is at fault, as the alerts have them. */
const faults = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNKNOWN', 'DATA_LOSS'];

/** By the code alone: how far a run of a pipeline came is not one place. */
function reasonOf(code: string): FailureReason {
  if (code === 'CANCELLED') return 'CANCELED';
  if (code === 'RESOURCE_EXHAUSTED') return 'REJECTED';
  return faults.includes(code) ? 'BACKEND' : 'OTHER';
}
