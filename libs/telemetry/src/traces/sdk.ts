/** The SDK of OpenTelemetry, as its variables set it up. Loaded only where traces are sent somewhere: it takes as long to load as all else of a process. */
import {
  type Context,
  context,
  createTraceState,
  DiagLogLevel,
  diag,
  type HrTime,
  logs,
  ROOT_CONTEXT,
  SamplingDecision,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { type EndedSpan, log, type TraceParent } from '@sheaf/inference';
import { type Environment, withVariables } from '../environment.ts';
import type { Collector } from './collector.ts';
import { createProcessors } from './exporters.ts';

export interface Sdk {
  /** Takes a span as it is, whatever was decided of its trace. */
  write(span: EndedSpan): void;
  /** Sends what still waits. */
  shutdown(): Promise<void>;
}

/** `exporters` are names of OTEL_TRACES_EXPORTER. What is wrong with a variable is told by `tell`, and does not count. */
export function startSdk(
  serviceName: string,
  exporters: readonly string[],
  environment: Environment,
  collector: Collector,
  tell: (line: string) => void = (line) => log('tracing.variable-wrong', line),
): Sdk {
  // A span of a journal has its ids already, and it is known that it is wanted.
  let [traceId, spanId] = ['', ''];
  const sdk = tellingMistakes(environment, tell, () => {
    const started = new NodeSDK({
      // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
      resource: defaultResource().merge(resourceFromAttributes({ 'service.name': serviceName })),
      spanProcessors: createProcessors(exporters, environment, collector, tell),
      idGenerator: { generateTraceId: () => traceId, generateSpanId: () => spanId },
      sampler: { shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }), toString: () => 'decided' },
      // Calls are told of each other by their journals.
      textMapPropagator: null,
      instrumentations: [],
      metricReaders: [],
      logRecordProcessors: [],
    });
    started.start();
    return started;
  });
  const tracer = trace.getTracer('sheaf');
  return {
    write: (span) => {
      ({ traceId, spanId } = span);
      const { kind, attributes, startMs, endMs, code, message } = span;
      const written = tracer.startSpan(
        kind === 'request' || kind === 'job' ? span.name : `${kind} ${span.name}`,
        {
          kind: kinds[kind],
          startTime: hrTime(startMs),
          attributes: { 'sheaf.kind': kind, 'rpc.grpc.status': code, ...attributes },
          links: (span.links ?? []).map((link) => ({ context: { ...sampled, ...idsOf(link) } })),
        },
        parentOf(span),
      );
      if (code !== 'OK') written.setStatus({ code: SpanStatusCode.ERROR, message: message ?? code });
      written.end(hrTime(endMs));
    },
    shutdown: async () => {
      for (const api of [context, logs, trace]) api.disable();
      // What could not be sent is counted and told.
      await sdk.shutdown().catch(() => {});
    },
  };
}

/** The SDK tells of what it cannot read by its own log, which nobody hears unless OTEL_LOG_LEVEL is set. */
function tellingMistakes<T>(environment: Environment, tell: (line: string) => void, start: () => T): T {
  if (environment['OTEL_LOG_LEVEL']) return withVariables(environment, start);
  const [heard, unheard] = [(message: string) => tell(`traces: ${message}`), () => {}];
  const logger = { error: heard, warn: heard, info: unheard, debug: unheard, verbose: unheard };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  try {
    return withVariables(environment, start);
  } finally {
    diag.disable();
  }
}

const sampled = { traceFlags: TraceFlags.SAMPLED };

const idsOf = ({ traceId, spanId }: TraceParent) => ({ traceId, spanId });

function parentOf({ kind, traceId, parentId, state }: EndedSpan): Context {
  if (parentId === undefined) return ROOT_CONTEXT;
  const traceState = state === undefined ? {} : { traceState: createTraceState(state) };
  const ids = { ...sampled, traceId, spanId: parentId, ...traceState };
  return trace.setSpanContext(ROOT_CONTEXT, { ...ids, isRemote: kind === 'request' });
}

/** To the microsecond: what Zipkin's exporter writes of anything finer Zipkin refuses. */
function hrTime(ms: number): HrTime {
  const us = Math.round(ms * 1_000);
  return [Math.floor(us / 1e6), (us % 1e6) * 1_000];
}

const kinds: Readonly<Record<EndedSpan['kind'], SpanKind>> = {
  request: SpanKind.SERVER,
  rules: SpanKind.INTERNAL,
  pipeline: SpanKind.INTERNAL,
  stage: SpanKind.INTERNAL,
  member: SpanKind.INTERNAL,
  try: SpanKind.CLIENT,
  wait: SpanKind.INTERNAL,
  breaker: SpanKind.INTERNAL,
  job: SpanKind.CONSUMER,
  audit: SpanKind.INTERNAL,
  queue: SpanKind.INTERNAL,
  run: SpanKind.INTERNAL,
};
