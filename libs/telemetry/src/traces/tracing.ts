/** Traces of calls: which are sent, and to where. */
import { type Journal, log, type Sample } from '@sheaf/inference';
import { createCollector, type SpanCounts } from './collector.ts';
import { type Environment, wantedExporters } from './environment.ts';
import { innerSamplerOf, ofStrangers, samplerOf } from './sampler.ts';

export interface Tracing {
  readonly onJournal: (journal: Journal) => void;
  /** Whether what a call does is sent; callers may have decided it. */
  readonly sample: Sample;
  /** The same, where the flag of a caller's `traceparent` counts for nothing. */
  readonly sampleStrangers: Sample;
  /** Of what a process of the same mesh asks. */
  readonly sampleInner: Sample;
  /** What became of the spans of this process; all 0 where none are sent. */
  readonly counts: () => SpanCounts;
  /** Sends what still waits. */
  shutdown(): Promise<void>;
}

/** Variables of the environment of OpenTelemetry, by name, that this process was given otherwise. */
export type Exporter = Readonly<Record<string, string>>;

/** How long the last spans may take on the way out. Milliseconds. */
const flushLimitMs = 2_000;

/**
 * Journals become spans of OpenTelemetry, sent where its variables say. Where they say nothing, the SDK is not even loaded. A collector that is down or slow
 * never slows a call: the queue is bounded, and what finds it full is dropped and counted.
 */
export async function createTracing(serviceName: string, exporter: Exporter = {}): Promise<Tracing> {
  const environment: Environment = { ...process.env, ...exporter };
  const sample = samplerOf(environment);
  const samplers = { sample, sampleStrangers: ofStrangers(sample), sampleInner: innerSamplerOf(environment) };
  const collector = createCollector((line, event) => log(event, line));
  const exporters = wantedExporters(environment);
  if (exporters.length === 0)
    return { ...samplers, onJournal: () => {}, counts: collector.counts, shutdown: async () => {} };
  const { startSdk } = await import('./sdk.ts');
  const sdk = startSdk(serviceName, exporters, environment, collector);
  return {
    ...samplers,
    onJournal: (journal) => {
      for (const span of journal.spans) if (span.sampled) sdk.write(span);
    },
    counts: collector.counts,
    shutdown: () =>
      Promise.race([sdk.shutdown(), new Promise<void>((resolve) => setTimeout(resolve, flushLimitMs).unref())]),
  };
}
