/** Sends the metrics of a process to a collector, by the variables of OpenTelemetry. */
import { log } from '@sheaf/inference';
import { type Environment, listIn } from '../environment.ts';
import type { Registry } from './registry.ts';

/** Where metrics are sent from: a sender while the process runs. */
export interface MetricSender {
  /** Sends them once more, and no more then. */
  shutdown(): Promise<void>;
}

/** The last metrics may take so long when a process ends. Milliseconds. */
const flushLimitMs = 2_000;

/**
 * Whether they are sent: where OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_METRICS_ENDPOINT says where, or OTEL_METRICS_EXPORTER names `otlp`, and nothing
 * switches it off.
 */
export function areMetricsSent(environment: Environment): boolean {
  if (environment['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return false;
  const named = listIn(environment['OTEL_METRICS_EXPORTER']);
  if (named.length > 0) return named.includes('otlp');
  return Boolean(environment['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_ENDPOINT']);
}

/** Sends what the registry has every OTEL_METRIC_EXPORT_INTERVAL (60,000 ms), before which `before` is called. Loads nothing where nothing is sent. */
export async function sendMetrics(
  serviceName: string,
  registry: Registry,
  {
    variables = {},
    before = async () => {},
  }: { variables?: Environment | undefined; before?: () => Promise<void> } = {},
): Promise<MetricSender> {
  const environment: Environment = { ...process.env, ...variables };
  if (!areMetricsSent(environment)) return { shutdown: async () => {} };
  const { startSending } = await import('./otlp-sender.ts');
  const tell = (line: string): void => log('tracing.variable-wrong', line);
  const sender = startSending({ serviceName, registry, environment, before, tell });
  return {
    shutdown: () =>
      Promise.race([sender.shutdown(), new Promise<void>((resolve) => setTimeout(resolve, flushLimitMs).unref())]),
  };
}
