/** A trace collector in the test's own process: OTLP over HTTP, protobuf. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';

/** The part of opentelemetry/proto/trace/v1 that the tests look at. */
const schema = protobuf
  .parse(`
  syntax = "proto3";
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message Status { string message = 2; int32 code = 3; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    repeated Link links = 13; Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message ScopeSpans { repeated Span spans = 2; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Request { repeated ResourceSpans resource_spans = 1; }
`)
  .root.lookupType('Request');

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentId: string;
  readonly name: string;
  readonly service: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Calls that shared the run; 0 where the span is none. */
  readonly batchCalls: number;
  /** Span ids. */
  readonly links: readonly string[];
}

interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: {
    key: string;
    value: { stringValue?: string; boolValue?: boolean; intValue?: string; doubleValue?: number };
  }[];
  links?: { spanId: string }[];
}

interface WireRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: WireSpan[] }[];
  }[];
}

const hex = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('hex');

const attributesOf = ({ attributes = [] }: WireSpan): ReceivedSpan['attributes'] =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? boolValue ?? doubleValue ?? Number(intValue),
    ]),
  );

function spansOf(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = schema.toObject(schema.decode(body), { bytes: String, longs: String }) as WireRequest;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentId: hex(span.parentSpanId),
        name: span.name,
        service,
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: attributesOf(span),
        batchCalls: Number(attributesOf(span)['sheaf.batch.calls'] ?? 0),
        links: (span.links ?? []).map(({ spanId }) => hex(spanId)),
      })),
    );
  });
}

export interface OtlpReceiver extends Disposable {
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** What the header `x-collector-key` said, of each service that sent something. */
  readonly keys: ReadonlyMap<string, string | undefined>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const keys = new Map<string, string | undefined>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received = spansOf(Buffer.concat(chunks));
      spans.push(...received);
      for (const { service } of received) keys.set(service, request.headers['x-collector-key']?.toString());
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    keys,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
