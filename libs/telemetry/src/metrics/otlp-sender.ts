/** The sender itself. Loaded only where metrics are sent. */
import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { type Environment, timerMaxMs, withVariables } from '../environment.ts';
import { currentExporter } from '../otlp-headers.ts';
import { metricData } from './otlp-data.ts';
import type { Registry } from './registry.ts';

export interface SendingOptions {
  readonly serviceName: string;
  readonly registry: Registry;
  readonly environment: Environment;
  /** Called before each time that metrics are read. */
  readonly before: () => Promise<void>;
  /** Told what is wrong with a variable. */
  readonly tell: (line: string) => void;
}

const protocols = new Map<string, () => PushMetricExporter>([
  ['grpc', () => new GrpcExporter()],
  ['http/json', () => new JsonExporter()],
  ['http/protobuf', () => new ProtobufExporter()],
]);

const intervalDefaultMs = 60_000;

export function startSending({ serviceName, registry, environment, before, tell }: SendingOptions) {
  // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
  const own = resourceFromAttributes({ 'service.name': serviceName, 'process.pid': process.pid });
  const resource = withVariables(environment, () =>
    defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
  );
  const exporter = exporterIn(environment);
  const startedAtMs = performance.timeOrigin;
  let sending: Promise<void> | undefined;
  const send = async (): Promise<void> => {
    await before();
    const data = metricData(registry, startedAtMs, Date.now());
    const scopeMetrics = [{ scope: { name: 'sheaf' }, metrics: data }];
    // What a collector does not take is in what it is sent the next time: the numbers only grow.
    await new Promise<void>((resolve) => exporter().export({ resource, scopeMetrics }, () => resolve()));
  };
  /** One at a time: a collector that hangs gets no more than one. */
  const sendNow = (): Promise<void> => {
    sending ??= send()
      .catch(() => {})
      .finally(() => {
        sending = undefined;
      });
    return sending;
  };
  const timer = setInterval(() => void sendNow(), intervalIn(environment, tell)).unref();
  return {
    shutdown: async (): Promise<void> => {
      clearInterval(timer);
      await sending;
      await sendNow();
      await exporter().shutdown();
    },
  };
}

function intervalIn({ OTEL_METRIC_EXPORT_INTERVAL: given }: Environment, tell: (line: string) => void): number {
  const ms = Number(given || intervalDefaultMs);
  if (ms > 0 && ms <= timerMaxMs) return ms;
  const wanted = `a number above 0, at most ${timerMaxMs}`;
  tell(`OTEL_METRIC_EXPORT_INTERVAL: want ${wanted}, got "${given}"; ${intervalDefaultMs} is taken`);
  return intervalDefaultMs;
}

/** What is wrong with the protocol is told where traces are sent by it. */
function exporterIn(environment: Environment): () => PushMetricExporter {
  const wanted = environment['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'] || environment['OTEL_EXPORTER_OTLP_PROTOCOL'] || '';
  const make = protocols.get(wanted.trim()) ?? (() => new ProtobufExporter());
  return currentExporter('OTEL_EXPORTER_OTLP_METRICS_HEADERS', environment, make);
}
