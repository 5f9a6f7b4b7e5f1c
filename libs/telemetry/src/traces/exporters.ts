/** The exporters that OTEL_TRACES_EXPORTER names, each with a processor that gathers spans for it. */
import { createNoopMeter } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { Collector } from './collector.ts';
import { type Environment, withVariables } from './environment.ts';
import { headersFile } from './otlp-headers.ts';

type Tell = (line: string) => void;

/** Each reads all that is not said here from the environment. */
const protocols: ReadonlyMap<string, () => SpanExporter> = new Map([
  ['grpc', () => new GrpcExporter()],
  ['http/json', () => new JsonExporter()],
  ['http/protobuf', () => new ProtobufExporter()],
]);

const defaultProtocol = 'http/protobuf';

/** Spans wait so long for others before they are sent, unless OTEL_BSP_SCHEDULE_DELAY says otherwise: somebody may be looking. Milliseconds. */
const delayMs = 500;

/** `collector` counts what becomes of the spans. A name that is none is told. */
export function createProcessors(
  names: readonly string[],
  environment: Environment,
  collector: Collector,
  tell: Tell,
): SpanProcessor[] {
  const settings = batchSettings(environment, tell);
  const selfObsMeterProvider = overflowMeter((spans) => collector.overflow(spans));
  const batched = (exporter: SpanExporter): SpanProcessor =>
    new BatchSpanProcessor({ ...settings, selfObsMeterProvider, exporter: collector.watch(exporter) });
  return names.flatMap((name): SpanProcessor[] => {
    switch (name) {
      case 'otlp':
        return [batched(otlpExporter(environment, tell))];
      case 'zipkin':
        return [batched(withVariables(environment, () => new ZipkinExporter()))];
      case 'console':
        return [new SimpleSpanProcessor({ exporter: collector.watch(new ConsoleSpanExporter()) })];
      default:
        tell(`OTEL_TRACES_EXPORTER: want otlp, zipkin, console or none, got "${name}"`);
        return [];
    }
  });
}

function batchSettings(environment: Environment, tell: Tell) {
  const numberIn = (name: string, otherwise: number): number => {
    const given = environment[name];
    if (!given || Number(given) > 0) return Number(given || otherwise);
    tell(`${name}: want a number above 0, got "${given}"; ${otherwise} is taken`);
    return otherwise;
  };
  return {
    maxQueueSize: numberIn('OTEL_BSP_MAX_QUEUE_SIZE', 2_048),
    maxExportBatchSize: numberIn('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512),
    scheduledDelayMillis: numberIn('OTEL_BSP_SCHEDULE_DELAY', delayMs),
    exportTimeoutMillis: numberIn('OTEL_BSP_EXPORT_TIMEOUT', 30_000),
  };
}

/** A processor tells a meter alone that its queue was full. */
function overflowMeter(onOverflow: (spans: number) => void) {
  const createCounter = () => ({
    add: (spans: number, attributes: Readonly<Record<string, unknown>> = {}) => {
      if (attributes['error.type'] === 'queue_full') onOverflow(spans);
    },
  });
  return { getMeter: () => Object.assign(createNoopMeter(), { createCounter }) };
}

/** By the protocol that is wanted. It is made anew when the file of headers says something else, since it reads them once. */
function otlpExporter(environment: Environment, tell: Tell): SpanExporter {
  const make = protocols.get(protocolIn(environment, tell)) ?? (() => new ProtobufExporter());
  const headers = headersFile(environment);
  const open = (inFile: string): SpanExporter => {
    const all = [environment['OTEL_EXPORTER_OTLP_TRACES_HEADERS'], inFile].filter(Boolean).join(',');
    return withVariables({ ...environment, OTEL_EXPORTER_OTLP_TRACES_HEADERS: all || undefined }, make);
  };
  let seen = headers();
  let exporter = open(seen);
  return {
    export: (spans, done) => {
      const now = headers();
      if (now !== seen) {
        // It ends when what it still sends is answered.
        void exporter.shutdown();
        seen = now;
        exporter = open(seen);
      }
      exporter.export(spans, done);
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

function protocolIn(environment: Environment, tell: Tell): string {
  const given = environment['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || environment['OTEL_EXPORTER_OTLP_PROTOCOL'];
  const wanted = given?.trim() || defaultProtocol;
  if (protocols.has(wanted)) return wanted;
  const known = [...protocols.keys()].join(', ');
  tell(`OTEL_EXPORTER_OTLP_PROTOCOL: want one of ${known}, got "${wanted}"; ${defaultProtocol} is taken`);
  return defaultProtocol;
}
