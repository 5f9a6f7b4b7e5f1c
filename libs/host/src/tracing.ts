import { type Attributes, type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { type EndedSpan, type Journal, log, type Sample } from '@sheaf/inference';
import { createSecret } from '@sheaf/transport';
import { innerSamplerOf, ofStrangers, samplerOf } from './sampler.ts';

export interface Tracing {
  readonly onJournal: (journal: Journal) => void;
  /** Whether what a call does is sent; callers may have decided it. */
  readonly sample: Sample;
  /** The same, where the flag of a caller's `traceparent` counts for nothing. */
  readonly sampleStrangers: Sample;
  /** Of what a process of the same mesh asks. */
  readonly sampleInner: Sample;
  /** Sends what still waits. */
  shutdown(): Promise<void>;
}

type Samplers = Pick<Tracing, 'sample' | 'sampleStrangers' | 'sampleInner'>;
const off = (samplers: Samplers): Tracing => ({ onJournal: () => {}, ...samplers, shutdown: async () => {} });

/** Variables of the environment of OpenTelemetry, by name, that this process was given otherwise. */
export type Exporter = Readonly<Record<string, string>>;

/** How long the last spans may take on the way out. */
const flushLimitMs = 2_000;

/**
 * Journals become OpenTelemetry spans, sent by OTLP when OTEL_EXPORTER_OTLP_ENDPOINT is set. When it is not, the SDK is not even loaded.
 * A collector that is down or slow never slows a call: the queue is bounded and drops.
 */
export async function createTracing(serviceName: string, exporter: Exporter = {}): Promise<Tracing> {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...exporter };
  const sample = samplerOf(environment);
  const samplers = { sample, sampleStrangers: ofStrangers(sample), sampleInner: innerSamplerOf(environment) };
  if (!isOn(environment)) return off(samplers);
  const { detectResources, envDetector, resourceFromAttributes } = await import('@opentelemetry/resources');
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const own = resourceFromAttributes({ 'service.name': serviceName, 'process.pid': process.pid });
  // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
  const resource = own.merge(detectResources({ detectors: [envDetector] }));
  const headers = headersIn(environment);
  const otlp = withVariables(exporter, () => new OTLPTraceExporter({ headers }));
  const processor = new BatchSpanProcessor({ exporter: otlp, scheduledDelayMillis: 500 });
  return {
    ...samplers,
    onJournal: (journal) => {
      for (const span of journal.spans) if (span.sampled) processor.onEnd(readable(span, resource));
    },
    shutdown: () =>
      Promise.race([processor.shutdown(), new Promise<void>((resolve) => setTimeout(resolve, flushLimitMs).unref())]),
  };
}

/** What is sent beside the spans of what the file that OTEL_EXPORTER_OTLP_HEADERS_FILE names says at that moment, as the variable without _FILE would. */
function headersIn({
  OTEL_EXPORTER_OTLP_HEADERS_FILE: file,
}: NodeJS.ProcessEnv): () => Promise<Record<string, string>> {
  const what = 'OTEL_EXPORTER_OTLP_HEADERS_FILE';
  if (!file) return async () => ({});
  const secret = createSecret(what, { file });
  return async () => {
    try {
      return parseHeaders(secret());
    } catch {
      // It has been told that the file cannot be used. The collector may take them without.
      return {};
    }
  };
}

/** `name=value`, with commas between; values as in a URL. What is none is left out: it may be half a secret. */
function parseHeaders(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((part): [string, string][] => {
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim().toLowerCase();
    return at > 0 && /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) ? [[name, decoded(part.slice(at + 1).trim())]] : [];
  });
  return Object.fromEntries(pairs);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // A value with a % of its own.
    return value;
  }
}

/** Makes what reads its settings from the environment. Threads that are started later, of somebody's code, get a copy of that, and not of these. */
function withVariables<T>(variables: Exporter, make: () => T): T {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return make();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** The one way that this build speaks; it is most collectors' port 4318. */
const protocol = 'http/protobuf';

function isOn(environment: NodeJS.ProcessEnv): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_SDK_DISABLED } = environment;
  if (!OTEL_EXPORTER_OTLP_ENDPOINT && !OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return false;
  if (OTEL_SDK_DISABLED?.toLowerCase() === 'true' || environment['OTEL_TRACES_EXPORTER'] === 'none') return false;
  const wanted =
    environment['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || environment['OTEL_EXPORTER_OTLP_PROTOCOL'] || protocol;
  if (wanted === protocol) return true;
  log(
    'tracing.off',
    `no traces are sent: OTEL_EXPORTER_OTLP_PROTOCOL is "${wanted}", and this speaks ${protocol} only (port 4318 of most collectors)`,
  );
  return false;
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

const kinds: Readonly<Record<EndedSpan['kind'], SpanKind>> = {
  request: SpanKind.SERVER,
  rules: SpanKind.INTERNAL,
  pipeline: SpanKind.INTERNAL,
  stage: SpanKind.INTERNAL,
  member: SpanKind.INTERNAL,
  try: SpanKind.CLIENT,
  wait: SpanKind.INTERNAL,
  breaker: SpanKind.INTERNAL,
  audit: SpanKind.INTERNAL,
  queue: SpanKind.INTERNAL,
  run: SpanKind.INTERNAL,
};

function readable(span: EndedSpan, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentId, startMs, endMs, code, message } = span;
  const attributes: Attributes = { 'sheaf.kind': span.kind, 'rpc.grpc.status': code, ...span.attributes };
  const flags = { traceId, traceFlags: TraceFlags.SAMPLED };
  const base = {
    name: span.kind === 'request' ? span.name : `${span.kind} ${span.name}`,
    kind: kinds[span.kind],
    spanContext: () => ({ ...flags, spanId }),
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    status: code === 'OK' ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: message ?? code },
    attributes,
    links: (span.links ?? []).map((link) => ({
      context: { traceId: link.traceId, spanId: link.spanId, traceFlags: TraceFlags.SAMPLED },
    })),
    events: [],
    duration: hrTime(endMs - startMs),
    ended: true,
    resource,
    instrumentationScope: { name: 'sheaf' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  return parentId === undefined
    ? base
    : { ...base, parentSpanContext: { ...flags, spanId: parentId, isRemote: span.kind === 'request' } };
}
