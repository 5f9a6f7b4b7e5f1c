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

/** The spans of one call to a mesh whose processes have these variables beside the collector's address. */
async function spansWith(variables: Readonly<Record<string, string>>): Promise<readonly ReceivedSpan[]> {
  using receiver = await startOtlpReceiver();
  const all = { ...variables, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
  Object.assign(process.env, all);
  try {
    await using mesh = await startTestMesh({ 'models/slow': sampleModels.slowLoop() });
    await ask(mesh.gateway, 'slow', [tensorOf('x', 'INT64', [], BigInt64Array.of(1n))]);
  } finally {
    for (const name of Object.keys(all)) delete process.env[name];
  }
  return receiver.spans;
}

describe('the environment of OpenTelemetry', () => {
  it('names the service and what is around it', async () => {
    const named = await spansWith({ OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' });
    assert.deepEqual(new Set(named.map(({ service }) => service)), new Set(['shop']));
    const around = await spansWith({ OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' });
    assert.deepEqual(new Set(around.map(({ service }) => service)), new Set(['other']));
  });

  it('switches traces off, or has them sampled', async () => {
    for (const variables of [
      { OTEL_SDK_DISABLED: 'true' },
      { OTEL_TRACES_EXPORTER: 'none' },
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      { OTEL_TRACES_SAMPLER: 'always_off' },
      // The caller of the test says that it samples.
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    ])
      assert.deepEqual(await spansWith(variables), [], JSON.stringify(variables));
    const all = await spansWith({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    assert.ok(all.length > 0);
  });
});

describe('the trace of a diamond', () => {
  it('equals its graph, and independent stages and members overlap in time', async () => {
    using receiver = await startOtlpReceiver();
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.endpoint;
    try {
      await using mesh = await startTestMesh({
        'models/slow-left': sampleModels.slowLoop(),
        'models/slow-right': sampleModels.slowLoop(),
        'models/sum': sampleModels.add([]),
        'pipelines/diamond.yaml': diamond,
      });
      await ask(mesh.gateway, 'diamond', [tensorOf('x', 'INT64', [], BigInt64Array.of(50_000n))]);
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    }
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
    const named = (name: string) => receiver.spans.find((span) => span.name === name) as ReceivedSpan;
    assert.ok(overlap(named('stage left'), named('stage right')));
    assert.ok(overlap(named('member one'), named('member two')));
    assert.ok(overlap(named('run slow-right/1'), named('run slow-left/1')));
  });
});
