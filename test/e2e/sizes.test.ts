/** Models with hundreds of tensors, tensors of many megabytes, runs of minutes: what the limits of a mesh do about them. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { elements, InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh, type TestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';
import { StockClient } from '../support/stock-client.ts';

const MiB = 2 ** 20;
const numbersOf = (tensor: Tensor | undefined) => tensor && Array.from(elements(tensor as never) as Float32Array);

/** Each `y<n>` is `x<n>`, FP32 `[1]`. */
function wide(count: number): Uint8Array {
  const each = <T>(make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
  return buildModel({
    inputs: each((index) => ({ name: `x${index}`, datatype: 'FP32', shape: [1] })),
    outputs: each((index) => ({ name: `y${index}`, datatype: 'FP32', shape: [1] })),
    nodes: each((index) => ({ op: 'Identity', inputs: [`x${index}`], outputs: [`y${index}`] })),
  });
}

const wideRequest = (count: number) => ({
  model_name: 'wide',
  inputs: Array.from({ length: count }, (_, index) => ({ name: `x${index}`, datatype: 'FP32', shape: ['1'] })),
  outputs: Array.from({ length: count }, (_, index) => ({ name: `y${index}` })),
  raw_input_contents: Array.from({ length: count }, (_, index) => Buffer.from(Float32Array.of(index).buffer)),
});

async function askWide(mesh: TestMesh, count: number): Promise<void> {
  using client = new StockClient(mesh.running.gateway.port);
  const { code, error, reply } = await client.call('ModelInfer', wideRequest(count), 20_000);
  assert.equal(code, 'OK', error?.details ?? '');
  const raw = reply['raw_output_contents'] as Buffer[];
  assert.deepEqual(
    raw.map((bytes) => bytes.readFloatLE()),
    Array.from({ length: count }, (_, index) => index),
  );
}

describe('a model of 300 inputs and 300 outputs', () => {
  it('is asked through the gateway, from a transform, and by the command', async () => {
    const transform = `import { defineTransform } from '@sheaf/inference';
const one = { datatype: 'FP32', shape: [1] } as const;
export default defineTransform({ inputs: { x: one }, outputs: { y: one }, uses: ['wide'] }, async ({ x }, context) => {
  const inputs = Object.fromEntries(Array.from({ length: 300 }, (_, index) => ['x' + index, { datatype: 'FP32', ...x }]));
  const outputs = await context.infer('wide', inputs);
  return { y: { shape: [1], data: Float32Array.of(Object.keys(outputs).length) } };
});
`;
    await using mesh = await startTestMesh({
      'models/wide': wide(300),
      'count.ts': transform,
      'pipelines/p.yaml':
        'pipeline: p\ninputs: { x: { datatype: FP32, shape: [1] } }\nstages: { c: { transform: ./count.ts, inputs: { x: x } } }\noutputs: { y: c.y }\n',
    });
    await askWide(mesh, 300);
    const { byName } = await ask(mesh.gateway, 'p', [tensorOf('x', 'FP32', [1], Float32Array.of(1))]);
    assert.deepEqual(numbersOf(byName.get('y')), [300]);
    const sources = Array.from({ length: 300 }, (_, index) => `x${index}=[${index}]`);
    const address = `127.0.0.1:${mesh.running.gateway.port}`;
    const { code, stdout, stderr } = await runSheaf(['infer', 'wide', ...sources, '--json', '--address', address]);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).outputs.length, 300);
  });

  it('is taken up by a mesh that runs', async () => {
    await using mesh = await startTestMesh({ 'models/double': sampleModels.scale(2) });
    const folder = join(mesh.mesh.folder, 'models/wide/1');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.onnx'), wide(300));
    const { mesh: next } = await readMesh(mesh.mesh.folder);
    assert.ok(next && (await mesh.running.update(next)));
    await askWide(mesh, 300);
  });

  it('is refused by check where mesh.yaml allows fewer', async () => {
    const folder = await writeFolder({ 'models/wide': wide(300), 'mesh.yaml': 'limits:\n  inputsMax: 100\n' });
    const { code, stderr } = await runSheaf(['check', folder]);
    await rm(folder, { recursive: true });
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^mesh\.yaml:2: limits\.inputsMax: model wide\/1 has 300 inputs; want 300 or more, or no such line/,
    );
  });
});

/** `y`, UINT8 `[n]`, is `x` (UINT8 `[m]`) as often as `times` (INT64 `[1]`) says; `z` is the first of each in turn. */
const tile = buildModel({
  inputs: [
    { name: 'x', datatype: 'UINT8', shape: ['m'] },
    { name: 'times', datatype: 'INT64', shape: [1] },
  ],
  outputs: [{ name: 'y', datatype: 'UINT8', shape: ['n'] }],
  nodes: [{ op: 'Tile', inputs: ['x', 'times'], outputs: ['y'] }],
});
const length = buildModel({
  inputs: [{ name: 'x', datatype: 'UINT8', shape: ['n'] }],
  outputs: [{ name: 'y', datatype: 'INT64', shape: [1] }],
  nodes: [{ op: 'Shape', inputs: ['x'], outputs: ['y'] }],
});
const growing = {
  'models/tile': tile,
  'models/length': length,
  'pipelines/grow.yaml': `pipeline: grow
inputs: { x: { datatype: UINT8, shape: [m] }, times: { datatype: INT64, shape: [1] } }
stages:
  tiled: { model: tile, inputs: { x: x, times: times } }
  counted: { model: length, inputs: { x: tiled.y } }
outputs: { y: counted.y }
`,
};
const bytes = tensorOf('x', 'UINT8', [MiB], new Uint8Array(MiB));
const times = (count: number) => tensorOf('times', 'INT64', [1], BigInt64Array.of(BigInt(count)));

describe('a tensor that is larger than a message may be', () => {
  it('goes from stage to stage where the mesh allows it there, and the public server stays as it is', async () => {
    await using mesh = await startTestMesh({
      ...growing,
      'mesh.yaml': 'limits: { messageBytesMax: 4MiB, innerMessageBytesMax: 32MiB }\n',
    });
    const { byName } = await ask(mesh.gateway, 'grow', [bytes, times(24)], { timeoutMs: 60_000 });
    assert.deepEqual(numbersOf(byName.get('y')), [BigInt(24 * MiB)]);
    await assert.rejects(ask(mesh.gateway, 'tile', [bytes, times(8)], { timeoutMs: 60_000 }), {
      code: 'RESOURCE_EXHAUSTED',
      message: /the outputs take 8388608 bytes; a message may take 4194304 \(limits\.messageBytesMax in mesh\.yaml\)/,
    });
  });

  it('is refused with the key that would let it through', async () => {
    await using mesh = await startTestMesh({ ...growing, 'mesh.yaml': 'limits: { messageBytesMax: 4MiB }\n' });
    await assert.rejects(ask(mesh.gateway, 'grow', [bytes, times(24)], { timeoutMs: 60_000 }), {
      code: 'RESOURCE_EXHAUSTED',
      message: /^stage tiled: .*limits\.innerMessageBytesMax in mesh\.yaml/,
    });
    using client = new StockClient(mesh.running.gateway.port);
    const large = { name: 'x', datatype: 'UINT8', shape: [String(5 * MiB)] };
    const request = { model_name: 'length', inputs: [large], raw_input_contents: [Buffer.alloc(5 * MiB)] };
    const { error } = await client.call('ModelInfer', request, 20_000);
    assert.match(
      error?.details ?? '',
      /^the message of the call: want at most 4194304 bytes, got \d+ \(limits\.messageBytesMax in mesh\.yaml\)$/,
    );
  });
});

describe('a call of 80 MB each way', () => {
  it('is answered where messages may be as large, by a call of its own and on the mesh stream', async () => {
    await using mesh = await startTestMesh({
      'models/bytes': sampleModels.identity('UINT8', ['n']),
      'mesh.yaml': 'limits: { messageBytesMax: 100MiB }\nservices: { own: { models: [alone], transport: unary } }\n',
      'models/alone': sampleModels.identity('UINT8', ['n']),
    });
    const data = new Uint8Array(80_000_000).fill(7);
    data.set([1, 2, 3], data.length - 3);
    for (const model of ['bytes', 'alone']) {
      const { byName } = await ask(mesh.gateway, model, [tensorOf('x', 'UINT8', [data.length], data)], {
        timeoutMs: 60_000,
      });
      assert.ok(Buffer.from(byName.get('y')?.data ?? []).equals(data));
    }
  });
});

describe('a deadline that a caller did not choose', () => {
  const loop = (count: number) => tensorOf('x', 'INT64', [], BigInt64Array.of(BigInt(count)));

  it('is told where it passes: that of whoever names none, and the longest that there is', async () => {
    await using mesh = await startTestMesh({
      'models/slow': sampleModels.slowLoop(),
      'mesh.yaml': 'limits: { deadlineDefaultMs: 200, deadlineMaxMs: 300 }\n',
    });
    await assert.rejects(ask(mesh.gateway, 'slow', [loop(2_000_000)], { timeoutMs: 30_000 }), (error) => {
      assert.ok(error instanceof InferError);
      assert.equal(error.code, 'DEADLINE_EXCEEDED');
      assert.match(
        error.message,
        /; the call named (29\d{3}|30000) ms, and limits\.deadlineMaxMs in mesh\.yaml allows 300 ms$/,
      );
      return true;
    });
    using client = new StockClient(mesh.running.gateway.port);
    const x = Buffer.from(loop(2_000_000).data);
    const request = {
      model_name: 'slow',
      inputs: [{ name: 'x', datatype: 'INT64', shape: [] }],
      raw_input_contents: [x],
    };
    const { code, error } = await client.call('ModelInfer', request, Number.POSITIVE_INFINITY);
    assert.equal(code, 'DEADLINE_EXCEEDED');
    assert.match(
      error?.details ?? '',
      /; the call named no deadline, which limits\.deadlineDefaultMs in mesh\.yaml makes 200 ms; name one for up to 300 ms$/,
    );
  });

  it('is as long as the runs of the models may be, unless mesh.yaml says otherwise, which check tells', async () => {
    const files = {
      'models/slow': sampleModels.slowLoop(),
      'models/slow/model.yaml': 'runLimitMs: 600000\n',
    };
    const plain = await writeFolder(files);
    const { mesh } = await readMesh(plain);
    await rm(plain, { recursive: true });
    assert.equal(mesh?.limits.deadlineMaxMs, 600_000);
    const folder = await writeFolder({
      ...files,
      'mesh.yaml': 'limits: { deadlineDefaultMs: 240000, deadlineMaxMs: 300000 }\n',
    });
    const { code, stdout } = await runSheaf(['check', folder]);
    await rm(folder, { recursive: true });
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^note: models\/slow\/model\.yaml: runLimitMs: a run may take 600000 ms, and limits\.deadlineMaxMs in mesh\.yaml gives a caller 300000 ms at most$/m,
    );
  });
});
