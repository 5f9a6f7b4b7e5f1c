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
import { type Environment, timerMaxMs, withVariables } from '../environment.ts';
import { currentExporter } from '../otlp-headers.ts';
import type { Collector } from './collector.ts';

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
    const number = Number(given || otherwise);
    if (number > 0 && number <= timerMaxMs) return number;
    tell(`${name}: want a number above 0, at most ${timerMaxMs}, got "${given}"; ${otherwise} is taken`);
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

/** By the protocol that is wanted. */
function otlpExporter(environment: Environment, tell: Tell): SpanExporter {
  const make = protocols.get(protocolIn(environment, tell)) ?? (() => new ProtobufExporter());
  const exporter = currentExporter('OTEL_EXPORTER_OTLP_TRACES_HEADERS', environment, make);
  return {
    export: (spans, done) => exporter().export(spans, done),
    forceFlush: async () => exporter().forceFlush?.(),
    shutdown: () => exporter().shutdown(),
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
