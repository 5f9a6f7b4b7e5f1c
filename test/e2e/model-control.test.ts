/** The model repository extension: what there is, in which state, and what callers load and unload. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { type Files, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { StockClient } from '../support/stock-client.ts';
import { waitFor } from '../support/wait-for.ts';

const asks = (model: string): string => `pipeline: ask-${model}
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages: { one: { model: ${model}, inputs: { x: x } } }
outputs: { y: one.y }
`;

const files: Files = {
  'models/one/1/model.onnx': sampleModels.scale(1),
  'models/one/2/model.onnx': sampleModels.scale(2),
  'models/other/1/model.onnx': sampleModels.scale(3),
  'models/third/1/model.onnx': sampleModels.scale(4),
  'models/broken/1/model.onnx': 'no model',
  'pipelines/ask-other.yaml': asks('other'),
  'pipelines/ask-one.yaml': asks('one'),
};

const call = (model: string) => ({
  model_name: model,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
  raw_input_contents: [Buffer.from(Float32Array.of(1, 1).buffer)],
});

/** Each row as `name/version STATE reason`. */
async function indexOf(client: StockClient, ready = false): Promise<string[]> {
  const { reply } = await client.call('RepositoryIndex', { ready });
  const models = reply['models'] as { name: string; version: string; state: string; reason: string }[];
  return models.map(({ name, version, state, reason }) => `${name}/${version} ${state} ${reason}`.trim());
}

describe('a mesh that is started with --model-control explicit', () => {
  let folder: string;
  let client: StockClient;
  let up: ReturnType<typeof startSheaf>;
  before(async () => {
    folder = await writeFolder({ ...files, 'mesh.yaml': 'gateway: { replicas: 2 }\n' });
    up = startSheaf(['up', folder, '--port', '0', '--model-control', 'explicit', '--load-model', 'one']);
    await waitFor(() => up.output().includes('the mesh is up'), up.output);
    const [, port = ''] = /gRPC on [^:]+:(\d+)/.exec(up.output()) ?? [];
    client = new StockClient(Number(port));
  });
  after(async () => {
    client[Symbol.dispose]();
    up.kill('SIGTERM');
    await up.ended;
    await rm(folder, { recursive: true });
  });
  const infer = async (model: string): Promise<string> => (await client.call('ModelInfer', call(model))).code;
  const change = async (method: 'Load' | 'Unload', name: string, parameters = {}) => {
    const { error, code } = await client.call(`RepositoryModel${method}`, { model_name: name, parameters }, 60_000);
    return error ? `${code}: ${error.details}` : code;
  };

  it('serves what was named, and says of the rest that it is not loaded', async () => {
    assert.deepEqual(await indexOf(client), [
      'ask-one/1 UNAVAILABLE unloaded',
      'ask-other/1 UNAVAILABLE unloaded',
      'broken/ UNAVAILABLE unloaded',
      'one/2 READY',
      'one/1 READY',
      'other/1 UNAVAILABLE unloaded',
      'third/1 UNAVAILABLE unloaded',
    ]);
    assert.deepEqual(await indexOf(client, true), ['one/2 READY', 'one/1 READY']);
    assert.deepEqual(
      [await infer('one'), await infer('other'), await infer('ask-other')],
      ['OK', 'NOT_FOUND', 'NOT_FOUND'],
    );
  });

  it('loads a pipeline with all that it asks, and keeps what a loaded one asks', async () => {
    assert.equal(await change('Load', 'ask-other'), 'OK');
    assert.deepEqual([await infer('ask-other'), await infer('other'), await infer('third')], ['OK', 'OK', 'NOT_FOUND']);
    assert.deepEqual(await indexOf(client, true), ['ask-other/1 READY', 'one/2 READY', 'one/1 READY', 'other/1 READY']);
    assert.equal(
      await change('Unload', 'other'),
      'FAILED_PRECONDITION: "other" is asked by "ask-other", which is loaded; unload that first',
    );
    assert.equal(await change('Load', 'other'), 'OK', 'by its own name too');
    assert.equal(await change('Unload', 'ask-other'), 'OK');
    assert.deepEqual([await infer('ask-other'), await infer('other')], ['NOT_FOUND', 'OK']);
    assert.equal(await change('Load', 'ask-other'), 'OK');
    assert.equal(await change('Unload', 'ask-other', { unload_dependents: { bool_param: true } }), 'OK');
    assert.deepEqual(
      [await infer('ask-other'), await infer('other'), await infer('one')],
      ['NOT_FOUND', 'NOT_FOUND', 'OK'],
    );
  });

  it('says why something cannot be loaded, and goes on as it was', async () => {
    assert.match(await change('Load', 'broken'), /^FAILED_PRECONDITION: .*models\/broken\/1\/model\.onnx/);
    assert.equal(
      await change('Load', 'nobody'),
      'NOT_FOUND: there is no model or pipeline "nobody" in the folder; there are ask-one, ask-other, broken, one, other, third',
    );
    assert.match(
      await change('Load', 'one', { config: { string_param: '{}' } }),
      /^UNIMPLEMENTED: parameters\["config"\]/,
    );
    assert.match(
      await change('Load', 'one', { other: { bool_param: true } }),
      /^INVALID_ARGUMENT: parameters\["other"\]/,
    );
    assert.match(await change('Load', '../one'), /^INVALID_ARGUMENT: model_name: /);
    const { code } = await client.call('RepositoryIndex', { repository_name: 'elsewhere' });
    assert.equal(code, 'UNIMPLEMENTED');
    assert.equal(await infer('one'), 'OK');
  });

  it('loses no call to what is unloaded and loaded again', async () => {
    assert.equal(await change('Load', 'third'), 'OK');
    let isOver = false;
    const codes = new Set<string>();
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!isOver) codes.add(await infer('third'));
      }),
    );
    assert.equal(await change('Unload', 'third'), 'OK');
    await waitFor(
      () => codes.has('NOT_FOUND'),
      () => [...codes].join(),
    );
    isOver = true;
    await load;
    assert.deepEqual([...codes].sort(), ['NOT_FOUND', 'OK']);
  });
});

describe('a mesh that serves all of its folder', () => {
  it('tells what is broken and why, and lets nobody load', async () => {
    await using mesh = await startTestMesh(files, undefined, false);
    using client = new StockClient(mesh.running.gateway.port);
    const rows = await indexOf(client);
    assert.match(
      rows.find((row) => row.startsWith('broken')) ?? '',
      /^broken\/ UNAVAILABLE models\/broken\/1\/model\.onnx/,
    );
    assert.deepEqual((await indexOf(client, true)).length, 6);
    for (const method of ['RepositoryModelLoad', 'RepositoryModelUnload'])
      assert.equal((await client.call(method, { model_name: 'one' })).code, 'FAILED_PRECONDITION');
  });
});

describe('sheaf up', () => {
  it('says what is wrong with --model-control and --load-model', async () => {
    const folder = await writeFolder(files);
    const told = async (...given: string[]): Promise<string> => (await runSheaf(['up', folder, ...given])).stderr;
    assert.match(await told('--model-control', 'poll'), /--model-control: want none, explicit or registry, got "poll"/);
    assert.match(await told('--load-model', 'one'), /--load-model: want --model-control explicit with it/);
    assert.match(
      await told('--model-control', 'explicit', '--load-model', 'nobody'),
      /--load-model: there is no model or pipeline "nobody"; there are ask-one/,
    );
    await rm(folder, { recursive: true });
  });
});
