import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh } from '../support/mesh-folder.ts';
import { StockClient } from '../support/stock-client.ts';

const bytes = Buffer.from(Float32Array.of(1, 2).buffer);
const good = {
  model_name: 'pair',
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '2'] }],
  raw_input_contents: [bytes],
};
const shaped = (shape: string[], data = bytes) => ({
  ...good,
  inputs: [{ name: 'x', datatype: 'FP32', shape }],
  raw_input_contents: [data],
});

describe('each limit of the servers', () => {
  it('is met at the limit and one beside it, as mesh.yaml sets it', async () => {
    await using mesh = await startTestMesh({
      'models/pair': sampleModels.scale(2),
      'models/slow': sampleModels.slowLoop(),
      'mesh.yaml':
        'limits: { nameCharsMax: 10, rankMax: 2, elementsMax: 4, inputsMax: 1, outputsMax: 1, parametersMax: 1, concurrentCallsMax: 2, deadlineDefaultMs: 300, deadlineMaxMs: 400 }\n',
    });
    using client = new StockClient(mesh.running.gateway.port);
    const code = async (request: object): Promise<string> =>
      (await client.call('ModelInfer', request as Record<string, unknown>)).code;

    assert.equal(await code({ ...good, model_name: 'a'.repeat(10) }), 'NOT_FOUND');
    assert.equal(await code({ ...good, model_name: 'a'.repeat(11) }), 'INVALID_ARGUMENT');
    assert.equal(await code(shaped(['2', '2'], Buffer.concat([bytes, bytes]))), 'OK');
    const elements = await client.call('ModelInfer', shaped(['3', '2'], Buffer.alloc(24)));
    assert.match(elements.error?.details ?? '', /input "x": shape: want at most 4 elements, got 6/);
    const rank = await client.call('ModelInfer', shaped(['1', '1', '2']));
    assert.match(rank.error?.details ?? '', /input "x": shape: want at most 2 dimensions, got 3/);
    assert.equal(await code({ ...good, outputs: [{ name: 'y' }] }), 'OK');
    assert.equal(await code({ ...good, outputs: [{ name: 'y' }, { name: 'z' }] }), 'RESOURCE_EXHAUSTED');
    assert.equal(
      await code({ ...good, inputs: [...good.inputs, ...good.inputs], raw_input_contents: [bytes, bytes] }),
      'RESOURCE_EXHAUSTED',
    );
    const parameter = { bool_param: true };
    assert.equal(await code({ ...good, parameters: { a: parameter } }), 'OK');
    assert.equal(await code({ ...good, parameters: { a: parameter, b: parameter } }), 'RESOURCE_EXHAUSTED');

    // A caller that names 30 s gets the longest deadline, which ends the call long before.
    const count = tensorOf('x', 'INT64', [], BigInt64Array.of(2n ** 21n));
    const startedAt = performance.now();
    const late = await Promise.allSettled(
      Array.from({ length: 3 }, () => ask(mesh.gateway, 'slow', [count], { timeoutMs: 30_000 })),
    );
    assert.ok(performance.now() - startedAt < 5_000);
    const codes = late.map((result) => (result.status === 'rejected' ? result.reason.code : 'OK')).sort();
    assert.deepEqual(codes, ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', 'UNAVAILABLE']);
  });

  it('lets a tensor of 16 MiB in, and not where mesh.yaml has less', async () => {
    const bytes = Buffer.alloc(16 * 1024 * 1024, 1);
    const request = {
      model_name: 'bytes',
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [String(bytes.length)] }],
      raw_input_contents: [bytes],
    };
    const models = { 'models/bytes': sampleModels.identity('UINT8', ['n']) };
    for (const [limit, code] of [
      ['limits: { messageBytesMax: 16000000 }\n', 'RESOURCE_EXHAUSTED'],
      ['', 'OK'],
    ] as const) {
      await using mesh = await startTestMesh(limit === '' ? models : { ...models, 'mesh.yaml': limit });
      using client = new StockClient(mesh.running.gateway.port);
      const { code: got, reply } = await client.call('ModelInfer', request, 20_000);
      assert.equal(got, code);
      if (code === 'OK') assert.ok((reply['raw_output_contents'] as Buffer[])[0]?.equals(bytes));
    }
  });
});
