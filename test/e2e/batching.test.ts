import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elements, packBytes, type Tensor, tensorOf, unpackBytes } from '@sheaf/inference';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh } from '../support/mesh-folder.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';

const matrix = { datatype: 'FP32', shape: [-1, -1] } as const;
/** Its first dimensions are open and unnamed, and yet its rows are not those of its input. */
const transpose = buildModel({
  inputs: [{ name: 'x', ...matrix }],
  outputs: [{ name: 'y', ...matrix }],
  nodes: [{ op: 'Transpose', inputs: ['x'], outputs: ['y'] }],
});
const row = (value: number): Tensor => tensorOf('x', 'FP32', [1, 2], Float32Array.of(value, -value));
const floats = (tensor: Tensor | undefined): number[] =>
  Array.from(elements({ ...(tensor as Tensor), datatype: 'FP32' as const }));

describe('calls that come together', () => {
  it('are run together where the model allows it, and each gets what it would get alone', async () => {
    using receiver = await startOtlpReceiver();
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.endpoint;
    try {
      await using mesh = await startTestMesh({
        'models/shared': sampleModels.scale(3),
        'models/open': sampleModels.identity('FP32', [-1, 2]),
        'models/alone': sampleModels.scale(3),
        'models/alone/model.yaml': 'batching: false\n',
        'models/transpose': transpose,
        // The same by a gRPC call each.
        'mesh.yaml': 'services:\n  apart: { models: [open], transport: unary }\n',
        'models/texts': sampleModels.identity('BYTES', ['n']),
      });
      const values = Array.from({ length: 100 }, (_, index) => index);
      for (const [model, factor] of [
        ['shared', 3],
        ['open', 1],
        ['alone', 3],
      ] as const) {
        const answers = await Promise.all(values.map((value) => ask(mesh.gateway, model, [row(value)])));
        assert.deepEqual(
          answers.map(({ byName }) => floats(byName.get('y'))),
          values.map((value) => [factor * value, -factor * value]),
        );
      }
      const turned = await Promise.all(values.map((value) => ask(mesh.gateway, 'transpose', [row(value)])));
      assert.ok(
        turned.every(
          ({ byName }, index) => String(byName.get('y')?.shape) === '2,1' && floats(byName.get('y'))[0] === index,
        ),
      );
      const texts = await Promise.all(
        values.map((value) =>
          ask(mesh.gateway, 'texts', [{ name: 'x', datatype: 'BYTES', shape: [1], data: packBytes([`${value}`]) }]),
        ),
      );
      assert.deepEqual(
        texts.map(({ byName }) =>
          unpackBytes(byName.get('y')?.data ?? new Uint8Array()).map((bytes) => Buffer.from(bytes).toString()),
        ),
        values.map((value) => [`${value}`]),
      );
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    }
    const largest = (name: string): number =>
      Math.max(...receiver.spans.filter((span) => span.name === `run ${name}/1`).map(({ batchCalls }) => batchCalls));
    assert.ok(largest('shared') > 1 && largest('open') > 1 && largest('texts') > 1);
    assert.deepEqual([largest('alone'), largest('transpose')], [1, 1]);
    const leader = receiver.spans.find(
      ({ name, links, batchCalls }) => name === 'run shared/1' && links.length > 0 && batchCalls > 1,
    );
    assert.ok(leader && leader.links.length === leader.batchCalls - 1);
    assert.ok(
      leader.links.every((link) =>
        receiver.spans.some(({ spanId, name }) => spanId === link && name === 'run shared/1'),
      ),
    );
  });
});
