/** What every process of a mesh tells of itself. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Registry } from './registry.ts';

export interface ProcessMetricsOptions {
  readonly registry: Registry;
  /** Of Sheaf. */
  readonly version: string;
  /** The version of ONNX Runtime that it loads. Default '': none. */
  readonly onnxruntime?: string;
  /** What the process takes, with those that are part of it. */
  readonly residentBytes: () => number;
  /** What the messages of calls take, and may take. */
  readonly bytes: () => { readonly used: number; readonly limit: number };
  /** Calls that infer, and connections. */
  readonly standing: () => { readonly calls: number; readonly connections: number };
}

/** The loop is asked so often whether it is on time. Milliseconds. */
const resolutionMs = 10;
/** Delays are of this time and of the one before. Milliseconds. */
const windowMs = 30_000;
const percentiles = [50, 90, 99];

/** Ends what it measures by. */
export function readProcess(options: ProcessMetricsOptions): () => void {
  const { registry, version, onnxruntime = '', residentBytes, bytes, standing } = options;
  const startedAt = performance.timeOrigin / 1000;
  const one = (name: Parameters<Registry['read']>[0], value: () => number): void =>
    registry.read(name, () => [[[], value()]]);
  one('process_cpu_seconds_total', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  one('process_resident_memory_bytes', residentBytes);
  one('process_start_time_seconds', () => startedAt);
  one('nodejs_heap_size_used_bytes', () => process.memoryUsage().heapUsed);
  one('nodejs_external_memory_bytes', () => process.memoryUsage().external);
  one('sheaf_event_loop_use_ratio', () => performance.eventLoopUtilization().utilization);
  registry.read('sheaf_build_info', () => [[[version, process.version, onnxruntime], 1]]);
  one('sheaf_bytes_in_flight', () => bytes().used);
  one('sheaf_bytes_in_flight_limit', () => bytes().limit);
  one('sheaf_requests_in_flight', () => standing().calls);
  one('sheaf_connections', () => standing().connections);
  return readDelays(registry);
}

/** Delays of the last half minute to minute, however often somebody scrapes. */
function readDelays(registry: Registry): () => void {
  let before: ReturnType<typeof monitorEventLoopDelay> | undefined;
  let now = start();
  const timer = setInterval(() => {
    before?.disable();
    before = now;
    now = start();
  }, windowMs).unref();
  const seconds = (percentile: number): number => {
    const worst = Math.max(...[before, now].map((delays) => delays?.percentile(percentile) ?? 0));
    return Math.max(0, worst / 1e6 - resolutionMs) / 1000;
  };
  registry.read('sheaf_event_loop_delay_seconds', () => percentiles.map((one) => [[String(one)], seconds(one)]));
  return () => {
    clearInterval(timer);
    for (const delays of [before, now]) delays?.disable();
  };
}

function start() {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  return delays;
}
