import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh } from '../support/mesh-folder.ts';
import { type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';

const diamond = `pipeline: diamond
inputs: { x: { datatype: INT64, shape: [] } }
stages:
  left: { model: slow-left, inputs: { x: x } }
  right:
    ensemble: { one: { model: slow-right }, two: { model: slow-left } }
    inputs: { x: x }
    combine: { mean: y }
  join: { model: sum, inputs: { a: left.y, b: right.y } }
outputs: { y: join.y }
`;

interface Tree {
  readonly [name: string]: Tree;
}

function treeUnder(spans: readonly ReceivedSpan[], parentId: string): Tree {
  const children = spans.filter((span) => span.parentId === parentId);
  return Object.fromEntries(children.map((span) => [span.name, treeUnder(spans, span.spanId)]));
}

const servedBy = (service: string): Tree => ({
  [`try ${service}`]: { [`${service} ModelInfer`]: { [`queue ${service}/1`]: {}, [`run ${service}/1`]: {} } },
});
const overlap = (a: ReceivedSpan, b: ReceivedSpan): boolean => a.startNs < b.endNs && b.startNs < a.endNs;

/** Processes that are started by `work` have these variables. */
async function withVariables(variables: Readonly<Record<string, string>>, work: () => Promise<void>): Promise<void> {
  Object.assign(process.env, variables);
  try {
    await work();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

/** The spans of one call to a mesh whose processes have these variables beside the collector's address. */
async function spansWith(variables: Readonly<Record<string, string>>): Promise<readonly ReceivedSpan[]> {
  using receiver = await startOtlpReceiver();
  await withVariables({ ...variables, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }, async () => {
    await using mesh = await startTestMesh({ 'models/slow': sampleModels.slowLoop() });
    await ask(mesh.gateway, 'slow', [tensorOf('x', 'INT64', [], BigInt64Array.of(1n))]);
  });
  return receiver.spans;
}

describe('the environment of OpenTelemetry', () => {
  it('names the service and what is around it', async () => {
    const named = await spansWith({ OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' });
    assert.deepEqual(new Set(named.map(({ service }) => service)), new Set(['shop']));
    const around = await spansWith({ OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' });
    assert.deepEqual(new Set(around.map(({ service }) => service)), new Set(['other']));
  });

  it('says what is told of the process, and how much of a span', async () => {
    const spans = await spansWith({
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
      OTEL_NODE_RESOURCE_DETECTORS: 'env,process',
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
    });
    for (const { resource, scope, attributes } of spans) {
      assert.equal(resource['deployment.environment'], 'test');
      assert.equal(resource['telemetry.sdk.name'], 'opentelemetry');
      assert.equal(typeof resource['process.pid'], 'number');
      assert.equal(resource['host.name'], undefined);
      // The SDK watches nothing by itself.
      assert.equal(scope, 'sheaf');
      assert.equal(String(attributes['sheaf.kind']).length, 3);
    }
    assert.ok(spans.length > 0);
  });

  it('switches traces off, or has them sampled', async () => {
    for (const variables of [
      { OTEL_SDK_DISABLED: 'true' },
      { OTEL_TRACES_EXPORTER: 'none' },
      { OTEL_TRACES_SAMPLER: 'always_off' },
      // The caller of the test says that it samples.
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    ])
      assert.deepEqual(await spansWith(variables), [], JSON.stringify(variables));
    const all = await spansWith({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    assert.ok(all.length > 0);
  });
});

const files = {
  'models/slow-left': sampleModels.slowLoop(),
  'models/slow-right': sampleModels.slowLoop(),
  'models/sum': sampleModels.add([]),
  'pipelines/diamond.yaml': diamond,
};

describe('the trace of a diamond', () => {
  for (const protocol of ['grpc', 'http/protobuf', 'http/json'])
    it(`equals its graph, and independent stages and members overlap in time, by ${protocol}`, async () => {
      using receiver = await startOtlpReceiver(protocol === 'grpc' ? 'grpc' : 'http');
      const variables = {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=secret',
      };
      await withVariables(variables, async () => {
        await using mesh = await startTestMesh(files);
        await ask(mesh.gateway, 'diamond', [tensorOf('x', 'INT64', [], BigInt64Array.of(50_000n))]);
      });
      // Every process has flushed its spans on the way out.
      const [root, ...others] = receiver.spans.filter(({ name }) => name === 'gateway ModelInfer');
      assert.ok(root);
      assert.equal(others.length, 0);
      assert.deepEqual(treeUnder(receiver.spans, root.spanId), {
        'stage left': servedBy('slow-left'),
        'stage right': { 'member one': servedBy('slow-right'), 'member two': servedBy('slow-left') },
        'stage join': servedBy('sum'),
      });
      assert.ok(receiver.spans.every(({ traceId }) => traceId === root.traceId));
      assert.deepEqual(new Set(receiver.keys.values()), new Set(['secret']));
      const named = (name: string) => receiver.spans.find((span) => span.name === name) as ReceivedSpan;
      assert.ok(overlap(named('stage left'), named('stage right')));
      assert.ok(overlap(named('member one'), named('member two')));
      assert.ok(overlap(named('run slow-right/1'), named('run slow-left/1')));
    });
});
