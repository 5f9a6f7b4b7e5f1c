/** What a service counts of its models and transforms, and tells to the gateway that asks. */
import { logCounts } from '@sheaf/host';
import type { Journal } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { residentBytes, runtimeVersion } from '@sheaf/runtime';
import {
  createModelMetrics,
  createRegistry,
  type Exporter,
  readProcess,
  type SpanCounts,
  samplesOf,
  sendMetrics,
} from '@sheaf/telemetry';
import type { Backend, BytesInFlight, Server } from '@sheaf/transport';
import type { OnRun, OpenService } from './open-service.ts';

export interface ServiceMetrics extends Pick<Backend, 'metrics' | 'statistics'> {
  readonly onJournal: (journal: Journal) => void;
  /** Sends what there is once more, where it is sent. */
  close(): Promise<void>;
}

export interface ServiceMetricsOptions {
  readonly name: string;
  /** Variables of OpenTelemetry that are not in the environment. */
  readonly exporter: Exporter | undefined;
  readonly service: OpenService;
  readonly bytes: BytesInFlight;
  readonly spans: () => SpanCounts;
  readonly standing: Server['standing'];
}

/** Runs are told from before it is known of which versions; undefined where mesh.yaml has `gateway: { metrics: false }`. */
export function prepareMetrics({ gateway }: Mesh) {
  if (gateway.metrics === false) return undefined;
  const registry = createRegistry();
  let onRun: OnRun = () => {};
  return {
    onRun: ((...run) => onRun(...run)) satisfies OnRun,
    open: async (options: ServiceMetricsOptions): Promise<ServiceMetrics> => {
      const { name: own, service, bytes, spans, standing, exporter } = options;
      const models = createModelMetrics(registry, service.counted);
      onRun = models.onRun;
      const inFlight = () => ({ used: bytes.used, limit: bytes.max });
      readProcess({
        registry,
        version: '0.1.0',
        onnxruntime: runtimeVersion,
        residentBytes,
        bytes: inFlight,
        standing,
      });
      registry.read('sheaf_log_lines_total', () =>
        Object.entries(logCounts()).map(([result, count]) => [[result], count] as const),
      );
      registry.read('sheaf_trace_spans_total', () =>
        Object.entries(spans()).map(([result, count]) => [[result], count] as const),
      );
      const sender = await sendMetrics(`sheaf-${own}`, registry, { variables: exporter });
      return {
        onJournal: models.onJournal,
        close: () => sender.shutdown(),
        metrics: (request) => samplesOf(registry, request),
        statistics: (name, version) => {
          // Says what is wrong with a name.
          if (name !== '') service.describe(name, version);
          return models
            .statistics()
            .filter((own) => (name === '' || own.name === name) && (version === '' || own.version === version));
        },
      };
    },
  };
}
