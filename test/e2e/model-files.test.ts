import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { defaultLimits, elements, type Tensor, tensorOf } from '@sheaf/inference';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { createRemote } from '@sheaf/transport';
import { ask, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

/** Numbers that look random and are the same each time (Numerical Recipes' generator). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const good = sampleModels.scale(2);

function flipped(random: (below: number) => number): Uint8Array {
  const bytes = Uint8Array.from(good);
  const at = random(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
  return bytes;
}

const random = seeded(1);
const x = { name: 'x', datatype: 'FP32', shape: [1] } as const;
const y = { ...x, name: 'y' };
const nodes = [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }];

/** What `sheaf check` finds, since the file itself says it. */
const unreadable: [string, Uint8Array, RegExp][] = [
  ['an empty file', new Uint8Array(), /: the model file is empty$/m],
  ['text', Buffer.from('not a model'), /: the file is not an ONNX model/],
  ['random bytes', Uint8Array.from({ length: 4_096 }, () => random(256)), /: the file is not an ONNX model/],
  ['half a model', good.subarray(0, good.length >> 1), /: the file is not an ONNX model/],
  ['no outputs', buildModel({ inputs: [x], outputs: [], nodes }), /: the model has no outputs$/m],
  [
    'an output named twice',
    buildModel({ inputs: [x], outputs: [y, y], nodes }),
    /: the model has two outputs called "y"$/m,
  ],
  [
    'an operator set that the runtime has not',
    buildModel({ inputs: [x], outputs: [y], nodes, opset: 27 }),
    /: the model is of operator set 27 of the domain "ai.onnx"; the runtime has up to 26; export it with opset 26 or less$/m,
  ],
];

describe('a model file', () => {
  for (const [name, bytes, sentence] of unreadable) {
    it(`with ${name} is told by sheaf check and by sheaf up, with exit code 2`, async () => {
      const folder = await writeFolder({ 'models/m': bytes });
      for (const args of [
        ['check', folder],
        ['up', folder, '--port', '0'],
      ]) {
        const { code, stdout, stderr } = await runSheaf(args);
        assert.deepEqual([code, stdout], [2, '']);
        assert.match(stderr, /^models\/m\/1\/model\.onnx: /);
        assert.match(stderr, sentence);
        assert.doesNotMatch(stderr, /\n +at |node:internal/);
      }
      await rm(folder, { recursive: true });
    });
  }

  it('with any bit flipped is not the one whose sha256 model.yaml states', async () => {
    const sha256 = createHash('sha256').update(good).digest('hex');
    const flips = Array.from(
      { length: 50 },
      (_, index) => [`models/m/${index + 1}/model.onnx`, flipped(random)] as const,
    );
    const folder = await writeFolder({ 'models/m/model.yaml': `sha256: '${sha256}'\n`, ...Object.fromEntries(flips) });
    const { code, stderr } = await runSheaf(['check', folder]);
    assert.equal(code, 2);
    assert.equal(stderr.match(/the file is not the one whose sha256 model\.yaml states/g)?.length, 50);
    await rm(folder, { recursive: true });
  });

  it('with a bit flipped, and no sha256, is served or told in a sentence, and the others live', async () => {
    for (let round = 0; round < 8; round++) {
      const bytes = flipped(random);
      const about = Buffer.from(bytes).toString('hex');
      try {
        await using mesh = await startTestMesh({ 'models/flipped': bytes, 'models/good': good });
        const tensor = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));
        assert.equal((await ask(mesh.gateway, 'good', [tensor])).version, '1', about);
      } catch (error) {
        // From reading the folder, or from the service that could not start.
        assert.match(
          (error as Error).message,
          /^(models\/flipped\/1\/model\.onnx: |model flipped\/1 does not run: )/,
          about,
        );
      }
    }
  });

  it('of which the runtime knows an operator not is told by check and by up, in the same words', async () => {
    const folder = await writeFolder({ 'models/odd': sampleModels.unknownOperator() });
    const why = /model odd\/1 does not run: the runtime cannot load it: .*Frobnicate/;
    const checked = await runSheaf(['check', folder]);
    const { code, stderr } = await runSheaf(['up', folder, '--port', '0']);
    assert.deepEqual([checked.code, code], [2, 2]);
    assert.match(checked.stderr, why);
    assert.match(stderr, why);
    await rm(folder, { recursive: true });
  });

  it('whose outputs are not as its file declares is answered, and described as it was seen', async () => {
    // As LightGBM's converter does: one label is declared, and as many as rows are given.
    const labels = buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['N', 2] }],
      outputs: [{ name: 'label', datatype: 'INT64', shape: [1] }],
      nodes: [
        { op: 'ArgMax', inputs: ['x'], outputs: ['best'], attributes: { axis: 1n, keepdims: 0n } },
        { op: 'Cast', inputs: ['flat'], outputs: ['shape'], attributes: { to: 7n } },
        { op: 'Reshape', inputs: ['best', 'shape'], outputs: ['label'] },
      ],
      initializers: [tensorOf('flat', 'FP32', [1], Float32Array.of(-1))],
    });
    const pipeline = `pipeline: p
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages: { a: { model: labels, inputs: { x: x } } }
outputs: { label: a.label }
`;
    await using mesh = await startTestMesh({ 'models/labels': labels, 'pipelines/p.yaml': pipeline });
    const x = tensorOf(
      'x',
      'FP32',
      [20, 2],
      Float32Array.from({ length: 40 }, (_, index) => (index * 7) % 5),
    );
    const want = Array.from({ length: 20 }, (_, row) => ((row * 14) % 5 >= (row * 14 + 7) % 5 ? 0n : 1n));
    for (const name of ['labels', 'p']) {
      const { byName } = await ask(mesh.gateway, name, [x]);
      assert.deepEqual([...elements({ ...(byName.get('label') as Tensor), datatype: 'INT64' })], want);
    }
    assert.deepEqual((await mesh.gateway.describe('labels', '', 5_000)).outputs[0]?.shape, [-1]);
    assert.ok(
      mesh.events.includes('model labels/1: output "label" is declared as [1] and is [-1]'),
      mesh.events.join('\n'),
    );
  });

  it('of which another shape is first seen after the start answers it, says so once, and stays open for all', async () => {
    const indices = buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [4] }],
      outputs: [{ name: 'y', datatype: 'INT64', shape: [1, 2] }],
      nodes: [{ op: 'NonZero', inputs: ['x'], outputs: ['y'] }],
    });
    const folder = await writeFolder({
      'models/indices': indices,
      'pipelines/p.yaml': `pipeline: p
inputs: { x: { datatype: FP32, shape: [4] } }
stages: { a: { model: indices, inputs: { x: x } } }
outputs: { y: a.y }
`,
    });
    const up = startSheaf(['up', folder, '--port', '0']);
    await waitFor(() => up.output().includes('the mesh is up'), up.output);
    const [, port] = /gRPC on 127\.0\.0\.1:(\d+);/.exec(up.output()) ?? [];
    const gateway = createRemote(`127.0.0.1:${port}`, { service: 'gateway', limits: defaultLimits });
    for (let call = 0; call < 30; call++) {
      const count = call % 5;
      const x = tensorOf(
        'x',
        'FP32',
        [4],
        Float32Array.from({ length: 4 }, (_, index) => (index < count ? 1 : 0)),
      );
      const { byName } = await ask(gateway, call % 2 === 0 ? 'indices' : 'p', [x]);
      assert.deepEqual(byName.get('y')?.shape, [1, count]);
    }
    gateway.close();
    up.kill('SIGTERM');
    await up.ended;
    const told = up.output().match(/model indices\/1: output "y" is not as declared: .*; it is answered as it is/g);
    assert.equal(told?.length, 1, up.output());
  });

  it('whose first provider the machine has not runs on the next, and the service says so', async () => {
    const folder = await writeFolder({ 'models/m': good, 'models/m/model.yaml': 'providers: [dml, cpu]\n' });
    const up = startSheaf(['up', folder, '--port', '0']);
    const told = /^model m\/1: the provider "dml" is not available on this machine; the next one is taken$/m;
    await waitFor(() => up.output().includes('gateway is ready') && told.test(up.output()), up.output);
    up.kill('SIGTERM');
    assert.equal((await up.ended).code, 0);
    await rm(folder, { recursive: true });
  });

  it('of which the machine has no provider is told by sheaf up', async () => {
    const folder = await writeFolder({ 'models/m': good, 'models/m/model.yaml': 'providers: [dml]\n' });
    const { code, stderr } = await runSheaf(['up', folder, '--port', '0']);
    assert.equal(code, 2);
    assert.match(stderr, /^model m\/1 does not run: .*the provider "dml" is not available on this machine/m);
    await rm(folder, { recursive: true });
  });

  it('whose provider is fetched by a script that npm does not run says which command does', async (test) => {
    if (process.platform !== 'linux') return test.skip('elsewhere there is no such script');
    const folder = await writeFolder({ 'models/m': good, 'models/m/model.yaml': 'providers: [cuda]\n' });
    const { code, stderr } = await runSheaf(['up', folder, '--port', '0']);
    assert.equal(code, 2);
    const command =
      /"node \S+onnxruntime-node\/script\/install\.js --onnxruntime-node-install" fetches it|for linux\/x64 only/;
    assert.match(stderr, command);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    await rm(folder, { recursive: true });
  });
});
