/** What is shown when somebody looks into a model, a pipeline or a service: tables of text. */
import { amount, bytes, duration, part, rate } from '../draw/figures.ts';
import type { Folder } from '../folder.ts';
import { type Interval, sum, type Where } from '../interval.ts';
import type { Sample } from '../parse-metrics.ts';
import { ratio, standing } from './names.ts';

export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

type SampleName = Parameters<Interval['samples']>[0];

/** Of a pipeline or a model by its name; sections without rows are left out. */
export function nameDetails(interval: Interval, folder: Folder, name: string): readonly Section[] {
  const named = folder.names.find((one) => one.name === name);
  if (!named) return [];
  const sections =
    named.kind === 'pipeline'
      ? [stages(interval, name), leftOut(interval, name), rules(interval, name)]
      : [versions(interval, name), breakers(interval, { model: name }), unanswered(interval, name)];
  return [calls(interval, name), ...sections].filter(({ rows }) => rows.length > 0);
}

export function serviceDetails(interval: Interval, name: string): readonly Section[] {
  const isGateway = name === 'gateway';
  const refusals = isGateway
    ? happened(interval, 'sheaf_refusals_total', {}, ['policy', 'name', 'reason', 'code'])
    : happened(interval, 'sheaf_upstream_refusals_total', { upstream: name }, ['policy']);
  return [
    processes(interval, name),
    { title: 'refused or failed', ...refusals },
    breakers(interval, isGateway ? {} : { upstream: name }),
    endpoints(interval, name),
  ].filter(({ rows }) => rows.length > 0);
}

/** What a counter counted, by some of its labels, the most frequent first. */
function happened(interval: Interval, name: SampleName, where: Where, labels: readonly string[]) {
  const groups = Map.groupBy(interval.increases(name, where), (sample) =>
    labels.map((label) => sample.labels[label] ?? '').join('\n'),
  );
  const rows = [...groups]
    .map(([key, samples]) => ({ key, grown: sum(samples), total: totalOf(interval, name, samples) }))
    .filter(({ total }) => total > 0)
    .sort((one, other) => other.grown - one.grown || other.total - one.total)
    .map(({ key, grown, total }) => [...key.split('\n'), rate(perSecond(interval, grown)), amount(total)]);
  return { head: [...labels, 'per s', 'in all'], rows };
}

/** Since the processes started. */
function totalOf(interval: Interval, name: SampleName, samples: readonly Sample[]): number {
  const keys = new Set(samples.map(({ key }) => key));
  return sum(interval.samples(name).filter(({ key }) => keys.has(key)));
}

const perSecond = ({ seconds }: Interval, grown: number): number | undefined => seconds && grown / seconds;

const calls = (interval: Interval, model: string): Section => ({
  title: 'calls',
  ...happened(interval, 'sheaf_requests_total', { model }, ['outcome', 'code', 'version']),
});

function stages(interval: Interval, pipeline: string): Section {
  const names = valuesOf(interval.samples('sheaf_stage_runs_total', { pipeline }), 'stage');
  const rows = names.map((stage) => {
    const where = { pipeline, stage };
    const runs = interval.increases('sheaf_stage_runs_total', where);
    const failed = sum(runs.filter(({ labels }) => labels['code'] !== 'OK'));
    const quantile = (of: number): string => duration(interval.quantile(of, 'sheaf_stage_duration_seconds', where));
    return [
      stage,
      rate(interval.rate('sheaf_stage_runs_total', where)),
      part(ratio(failed, sum(runs))),
      quantile(0.5),
      quantile(0.99),
      rate(interval.rate('sheaf_stage_fallbacks_total', where)),
    ];
  });
  return { title: 'stages', head: ['stage', 'runs/s', 'fail', 'p50', 'p99', 'fallbacks/s'], rows };
}

const leftOut = (interval: Interval, pipeline: string): Section => ({
  title: 'members left out',
  ...happened(interval, 'sheaf_members_left_out_total', { pipeline }, ['stage', 'member']),
});

const rules = (interval: Interval, pipeline: string): Section => ({
  title: 'rules',
  ...happened(interval, 'sheaf_rule_outcomes_total', { pipeline }, ['rule', 'action', 'result']),
});

function versions(interval: Interval, model: string): Section {
  const names = valuesOf(interval.samples('sheaf_workers', { model }), 'version');
  const rows = names.map((version) => {
    const where = { model, version };
    const { queued, batchRows, waitP99Seconds, runP99Seconds, runsInFlight, runsLimit } = standing(interval, where);
    const [batched] = interval.samples('sheaf_model_batched', where);
    return [
      version,
      rate(interval.rate('nv_inference_request_success', where)),
      amount(queued),
      amount(batchRows),
      duration(waitP99Seconds),
      duration(interval.quantile(0.5, 'sheaf_run_duration_seconds', where)),
      duration(runP99Seconds),
      `${amount(runsInFlight)} of ${amount(runsLimit)}`,
      batched ? `${batched.value === 1 ? 'batched' : 'not batched'}: ${batched.labels['why'] ?? ''}` : '',
    ];
  });
  const head = ['version', 'done/s', 'queue', 'batch', 'wait p99', 'run p50', 'run p99', 'workers', 'requests are'];
  return { title: 'versions', head, rows };
}

function unanswered(interval: Interval, model: string): Section {
  const failed = happened(interval, 'nv_inference_request_failure', { model }, ['reason', 'version']);
  const shed = happened(interval, 'sheaf_shed_requests_total', { model }, ['reason', 'version']);
  return { title: 'not answered, and of these shed', head: failed.head, rows: [...failed.rows, ...shed.rows] };
}

const states = ['closed', 'half-open', 'open'];

function breakers(interval: Interval, where: Where): Section {
  const rows = interval
    .samples('sheaf_breaker_state', where)
    .toSorted((one, other) => other.value - one.value)
    .map(({ labels: { model = '', version = '', endpoint = '', upstream = '' }, value }) => [
      version === '' ? model : `${model}/${version}`,
      states[value] ?? '',
      endpoint,
      upstream,
    ]);
  return { title: 'breakers', head: ['model', 'state', 'endpoint', 'service'], rows };
}

function processes(interval: Interval, service: string): Section {
  const rows = valuesOf(interval.samples('process_start_time_seconds', { service }), 'replica').map((replica) => {
    const where = { service, replica };
    const now = (name: SampleName, more: Where = {}): number => sum(interval.samples(name, { ...where, ...more }));
    return [
      replica,
      part(interval.rate('process_cpu_seconds_total', where)),
      bytes(now('process_resident_memory_bytes')),
      bytes(now('nodejs_heap_size_used_bytes')),
      duration(now('sheaf_event_loop_delay_seconds', { quantile: '0.5' })),
      duration(now('sheaf_event_loop_delay_seconds', { quantile: '0.99' })),
      amount(now('sheaf_requests_in_flight')),
      bytes(now('sheaf_bytes_in_flight')),
      amount(now('sheaf_connections')),
      new Date(now('process_start_time_seconds') * 1000).toISOString().slice(5, 16).replace('T', ' '),
    ];
  });
  const head = ['#', 'cpu', 'memory', 'heap', 'loop p50', 'p99', 'in flight', 'bytes', 'conns', 'since (UTC)'];
  return { title: 'processes', head, rows };
}

function endpoints(interval: Interval, upstream: string): Section {
  const rows = interval
    .samples('sheaf_scrape_process_up', { upstream })
    .map(({ labels: { endpoint = '' }, value }) => [endpoint, value === 1 ? 'yes' : 'no']);
  return { title: 'endpoints', head: ['endpoint', 'told its numbers'], rows };
}

const valuesOf = (samples: readonly Sample[], label: string): readonly string[] =>
  [...new Set(samples.map(({ labels }) => labels[label] ?? ''))].sort((one, other) =>
    one.localeCompare(other, 'en', { numeric: true }),
  );
