/** A trace collector in the test's own process: OTLP over HTTP, as protobuf and as JSON, and over gRPC. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as grpc from '@grpc/grpc-js';
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
    bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    repeated Link links = 13; Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Scope { string name = 1; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
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
  /** The library that it says it is of. */
  readonly scope: string;
  /** A W3C tracestate; empty where there is none. */
  readonly state: string;
  /** Of the process that it is of. */
  readonly resource: ReceivedSpan['attributes'];
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Calls that shared the run; 0 where the span is none. */
  readonly batchCalls: number;
  /** Span ids. */
  readonly links: readonly string[];
}

interface WireAttribute {
  key: string;
  value: { stringValue?: string; boolValue?: boolean; intValue?: string | number; doubleValue?: number };
}

/** With ids in hex. */
interface WireSpan {
  traceId: string;
  spanId: string;
  traceState?: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: WireAttribute[];
  links?: { spanId: string }[];
}

interface WireRequest {
  resourceSpans: {
    resource: { attributes: WireAttribute[] };
    scopeSpans: { scope?: { name: string }; spans: WireSpan[] }[];
  }[];
}

const valuesOf = (attributes: readonly WireAttribute[] = []): ReceivedSpan['attributes'] =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? boolValue ?? doubleValue ?? Number(intValue),
    ]),
  );

/** Bytes as hex, as the JSON of OTLP has ids. */
function decode(body: Uint8Array): WireRequest {
  const request = schema.toObject(schema.decode(body), { longs: String });
  const text = JSON.stringify(request, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value,
  );
  return JSON.parse(text) as WireRequest;
}

const spansOf = ({ resourceSpans }: WireRequest): ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const values = valuesOf(resource.attributes);
    return scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span): ReceivedSpan => {
        const attributes = valuesOf(span.attributes);
        return {
          traceId: span.traceId,
          spanId: span.spanId,
          parentId: span.parentSpanId ?? '',
          name: span.name,
          service: String(values['service.name'] ?? ''),
          scope: scope?.name ?? '',
          state: span.traceState ?? '',
          resource: values,
          startNs: BigInt(span.startTimeUnixNano),
          endNs: BigInt(span.endTimeUnixNano),
          attributes,
          batchCalls: Number(attributes['sheaf.batch.calls'] ?? 0),
          links: (span.links ?? []).map(({ spanId }) => spanId),
        };
      }),
    );
  });

export interface OtlpReceiver extends Disposable {
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** What the header `x-collector-key` said, of each service that sent something. */
  readonly keys: ReadonlyMap<string, string | undefined>;
}

/** `http` takes both protobuf and JSON, as the content type says. */
export async function startOtlpReceiver(transport: 'http' | 'grpc' = 'http'): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const keys = new Map<string, string | undefined>();
  const take = (request: WireRequest, key: string | undefined): void => {
    const received = spansOf(request);
    spans.push(...received);
    for (const { service } of received) keys.set(service, key);
  };
  const { port, close } = await (transport === 'grpc' ? listenGrpc(take) : listenHttp(take));
  return { endpoint: `http://127.0.0.1:${port}`, spans, keys, [Symbol.dispose]: close };
}

type Take = (request: WireRequest, key: string | undefined) => void;

interface Listening {
  readonly port: number;
  readonly close: () => void;
}

async function listenHttp(take: Take): Promise<Listening> {
  const keyIn = (headers: IncomingHttpHeaders): string | undefined => headers['x-collector-key']?.toString();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      // Metrics go to the same collector.
      if (request.url?.endsWith('/v1/metrics')) {
        response.end();
        return;
      }
      const isJson = request.headers['content-type'] === 'application/json';
      take(isJson ? (JSON.parse(body.toString()) as WireRequest) : decode(body), keyIn(request.headers));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

async function listenGrpc(take: Take): Promise<Listening> {
  const server = new grpc.Server();
  const asIs = { requestStream: false, responseStream: false } as const;
  const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };
  server.addService(
    {
      Export: {
        ...asIs,
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestSerialize: bytes.serialize,
        requestDeserialize: bytes.deserialize,
        responseSerialize: bytes.serialize,
        responseDeserialize: bytes.deserialize,
      },
    },
    {
      Export: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        take(decode(call.request), call.metadata.get('x-collector-key')[0]?.toString());
        done(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { port, close: () => server.forceShutdown() };
}
