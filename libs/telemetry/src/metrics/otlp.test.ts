import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { areMetricsSent, sendMetrics } from './otlp.ts';
import { createRegistry, observe } from './registry.ts';

interface Point {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
  readonly asDouble?: number;
  readonly count?: number;
  readonly bucketCounts?: readonly number[];
}

interface Sent {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly Point[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly Point[] };
  readonly histogram?: { readonly dataPoints: readonly Point[] };
}

interface Body {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: Point['attributes'] };
    readonly scopeMetrics: readonly { readonly metrics: readonly Sent[] }[];
  }[];
}

/** A collector that answers `status`. */
async function collector(status = 200) {
  const bodies: Body[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(JSON.parse(Buffer.concat(chunks).toString()) as Body);
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
  };
  return { bodies, variables, [Symbol.dispose]: () => void server.close().closeAllConnections() };
}

describe('metrics for a collector', () => {
  it('are the same numbers, by the names of OpenTelemetry, and of the resource that its variables say', async () => {
    using to = await collector();
    const registry = createRegistry();
    registry.counter('sheaf_upstream_retries_total').of('iris').value = 3;
    registry.read('sheaf_epoch', () => [[[], 7]]);
    observe(registry.histogram('rpc_server_call_duration_seconds').of('grpc', 'a/b', 'OK'), 0.0002);
    const sender = await sendMetrics('sheaf-gateway', registry, { variables: to.variables });
    await sender.shutdown();
    const [body] = to.bodies;
    const [resource] = body?.resourceMetrics ?? [];
    const named = new Map(resource?.resource.attributes.map(({ key, value }) => [key, value.stringValue]));
    assert.deepEqual([named.get('service.name'), named.get('deployment.environment')], ['sheaf-gateway', 'test']);
    const sent = new Map(resource?.scopeMetrics[0]?.metrics.map((metric) => [metric.name, metric]));
    assert.deepEqual([...sent.keys()], ['rpc.server.call.duration', 'sheaf_upstream_retries', 'sheaf_epoch']);
    const [calls] = sent.get('rpc.server.call.duration')?.histogram?.dataPoints ?? [];
    assert.deepEqual([calls?.count, calls?.bucketCounts?.[1]], [1, 1]);
    assert.deepEqual(
      calls?.attributes.map(({ key, value }) => [key, value.stringValue]),
      [
        ['rpc.system.name', 'grpc'],
        ['rpc.method', 'a/b'],
        ['rpc.response.status_code', 'OK'],
      ],
    );
    assert.equal(sent.get('rpc.server.call.duration')?.unit, 's');
    const retries = sent.get('sheaf_upstream_retries')?.sum;
    assert.deepEqual([retries?.isMonotonic, retries?.dataPoints[0]?.asDouble], [true, 3]);
    assert.equal(sent.get('sheaf_epoch')?.gauge?.dataPoints[0]?.asDouble, 7);
  });

  it('are sent again and again, whatever the collector says', async () => {
    using to = await collector(400);
    const { promise, resolve } = Promise.withResolvers<void>();
    let reads = 0;
    const before = async (): Promise<void> => {
      if (++reads === 3) resolve();
    };
    const variables = { ...to.variables, OTEL_METRIC_EXPORT_INTERVAL: '10' };
    const registry = createRegistry();
    registry.read('sheaf_epoch', () => [[[], 1]]);
    const sender = await sendMetrics('sheaf-gateway', registry, { variables, before });
    // The timers of a process that does nothing else do not keep it.
    const alive = setInterval(() => {}, 1_000);
    await promise;
    clearInterval(alive);
    await sender.shutdown();
    assert.ok(to.bodies.length >= 3);
  });

  it('are sent where a collector is named, and nothing switches it off', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
    const cases = [
      {},
      endpoint,
      { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:4318/v1/metrics' },
      { OTEL_METRICS_EXPORTER: 'otlp' },
      { ...endpoint, OTEL_METRICS_EXPORTER: 'none' },
      { ...endpoint, OTEL_SDK_DISABLED: 'true' },
    ];
    assert.deepEqual(cases.map(areMetricsSent), [false, true, true, true, false, false]);
  });
});
