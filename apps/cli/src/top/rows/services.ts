/** Services and the gateway, each with what its processes take and how they are asked. */
import type { Folder } from '../folder.ts';
import { type Interval, sum } from '../interval.ts';
import type { Sample } from '../parse-metrics.ts';
import { ratio } from './names.ts';

export interface ServiceRow {
  readonly name: string;
  /** Whether it is somebody else's server, of which only the tries are known. */
  readonly foreign: boolean;
  /** Processes that can be asked, and all. */
  readonly up: number;
  readonly processes: number;
  /** Processes that end as soon as they are started, again and again. */
  readonly crashLoops: number;
  /** Of one core; 2 are two of them, of all processes together. */
  readonly cpuRatio: number | undefined;
  readonly memoryBytes: number | undefined;
  /** Of the process that is latest. */
  readonly loopP99Seconds: number | undefined;
  readonly inFlight: number | undefined;
  /** How often the gateway has asked it, each second; retries count. Undefined for the gateway. */
  readonly triesPerSecond: number | undefined;
  readonly retriesPerSecond: number | undefined;
  /** Part of the tries that did not end well; 1 is all. */
  readonly failedRatio: number | undefined;
  readonly p50Seconds: number | undefined;
  readonly p99Seconds: number | undefined;
  /** Calls that were refused before it was asked, each second. */
  readonly refusedPerSecond: number | undefined;
}

export const gatewayName = 'gateway';

export const serviceRows = (interval: Interval, folder: Folder): readonly ServiceRow[] => [
  gatewayRow(interval),
  ...folder.services.map((service) => serviceRow(interval, service)),
];

function gatewayRow(interval: Interval): ServiceRow {
  const processes = interval.samples('process_start_time_seconds', { service: gatewayName }).length;
  return {
    name: gatewayName,
    foreign: false,
    up: processes,
    processes,
    crashLoops: 0,
    ...ofProcesses(interval, gatewayName),
    triesPerSecond: undefined,
    retriesPerSecond: undefined,
    failedRatio: undefined,
    p50Seconds: undefined,
    p99Seconds: undefined,
    refusedPerSecond: undefined,
  };
}

function serviceRow(interval: Interval, { name, foreign }: Folder['services'][number]): ServiceRow {
  const where = { upstream: name };
  const endpoints = interval.samples('sheaf_upstream_endpoints', where);
  const inState = (state: string): number => sum(endpoints.filter(({ labels }) => labels['state'] === state));
  const tries = interval.increases('rpc_client_call_duration_seconds_count', where);
  const failed = sum(tries.filter(({ labels }) => labels['rpc_response_status_code'] !== 'OK'));
  return {
    name,
    foreign,
    up: inState('ready'),
    processes: sum(endpoints),
    crashLoops: inState('crash_loop'),
    ...ofProcesses(interval, name),
    triesPerSecond: interval.rate('rpc_client_call_duration_seconds_count', where),
    retriesPerSecond: interval.rate('sheaf_upstream_retries_total', where),
    failedRatio: ratio(failed, sum(tries)),
    p50Seconds: interval.quantile(0.5, 'rpc_client_call_duration_seconds', where),
    p99Seconds: interval.quantile(0.99, 'rpc_client_call_duration_seconds', where),
    refusedPerSecond: interval.rate('sheaf_upstream_refusals_total', where),
  };
}

function ofProcesses(interval: Interval, service: string) {
  const whole = (samples: readonly Sample[]): number | undefined => (samples.length > 0 ? sum(samples) : undefined);
  const delays = interval.samples('sheaf_event_loop_delay_seconds', { service, quantile: '0.99' });
  const cpu = interval.increases('process_cpu_seconds_total', { service });
  return {
    cpuRatio: interval.seconds && cpu.length > 0 ? sum(cpu) / interval.seconds : undefined,
    memoryBytes: whole(interval.samples('process_resident_memory_bytes', { service })),
    loopP99Seconds: delays.length > 0 ? Math.max(...delays.map(({ value }) => value)) : undefined,
    inFlight: whole(interval.samples('sheaf_requests_in_flight', { service })),
  };
}
