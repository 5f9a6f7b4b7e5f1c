/** What a worker counts, and tells to the gateway that asks. */
import { logCounts } from '@sheaf/host';
import type { Lease, Outcome } from '@sheaf/jobs';
import {
  createRegistry,
  type Exporter,
  observe,
  readProcess,
  type SpanCounts,
  samplesOf,
  sendMetrics,
} from '@sheaf/telemetry';
import type { Backend, BytesInFlight, Server } from '@sheaf/transport';
import type { Pace } from './pace.ts';

export interface WorkerMetrics {
  /** Told of each try that has ended. */
  readonly onEnded: (lease: Lease, outcome: Outcome | 'lost', tookMs: number) => void;
  readonly tell: NonNullable<Backend['metrics']>;
  /** Sends what there is once more, where it is sent. */
  close(): Promise<void>;
}

export interface WorkerMetricsOptions {
  readonly pace: Pick<Pace, 'underWay' | 'window'>;
  readonly bytes: BytesInFlight;
  readonly spans: () => SpanCounts;
  readonly standing: Server['standing'];
  /** Variables of OpenTelemetry that are not in the environment. */
  readonly exporter: Exporter | undefined;
}

export async function openWorkerMetrics({
  pace,
  bytes,
  spans,
  standing,
  exporter,
}: WorkerMetricsOptions): Promise<WorkerMetrics> {
  const registry = createRegistry();
  const tries = registry.counter('sheaf_worker_tries_total');
  const durations = registry.histogram('sheaf_worker_try_duration_seconds');
  registry.read('sheaf_worker_calls_in_flight', () => [[[], pace.underWay]]);
  registry.read('sheaf_worker_window', () => [[[], pace.window]]);
  registry.read('sheaf_log_lines_total', () => results(logCounts()));
  registry.read('sheaf_trace_spans_total', () => results(spans()));
  const endProcess = readProcess({
    registry,
    version: '0.1.0',
    residentBytes: process.memoryUsage.rss,
    bytes: () => ({ used: bytes.used, limit: bytes.max }),
    standing,
  });
  const sender = await sendMetrics('sheaf-worker', registry, { variables: exporter });
  return {
    onEnded: ({ job }, outcome, tookMs) => {
      tries.of(job.kind, resultOf(outcome, job)).value++;
      observe(durations.of(job.kind), tookMs / 1_000);
    },
    tell: (request) => samplesOf(registry, request),
    close: async () => {
      endProcess();
      await sender.shutdown();
    },
  };
}

const results = (counts: object): (readonly [readonly string[], number])[] =>
  Object.entries(counts).map(([result, count]) => [[result], Number(count)] as const);

function resultOf(outcome: Outcome | 'lost', { attempt, attemptsMax }: Lease['job']): string {
  if (outcome === 'lost') return outcome;
  if (outcome.kind === 'chunk' || outcome.kind === 'finish') return 'succeeded';
  if (outcome.kind !== 'failed') return outcome.kind;
  return outcome.retryAt !== undefined && attempt < attemptsMax ? 'retried' : 'failed';
}
