import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { link, mkdir, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { elements, type Tensor, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { buildModel } from '@sheaf/onnx/testing';
import { Caller } from '../support/caller.ts';
import { ask, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

const weights = (first: number): Uint8Array => new Uint8Array(Float32Array.of(first, first + 1).buffer);
const info = (name: string) => ({ name, datatype: 'FP32', shape: ['n', 2] }) as const;

/** Adds two numbers that are in another file, where `location` says. */
const adding = (location: string): Uint8Array =>
  buildModel({
    inputs: [info('x')],
    outputs: [info('y')],
    nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
    initializers: [{ name: 'w', datatype: 'FP32', shape: [2], location, offset: 0, length: 8 }],
  });
const model = adding('model.onnx.data');

const rows = (name: string, ...values: number[]): Tensor =>
  tensorOf(name, 'FP32', [values.length / 2, 2], Float32Array.from(values));
const read = (tensor: Tensor | undefined): number[] => {
  assert.ok(tensor?.datatype === 'FP32');
  return [...elements({ ...tensor, datatype: 'FP32' })];
};

/** What `sheaf check` says of a version's folder that `prepare` has changed. */
async function checked(prepare: (version: string, folder: string) => Promise<unknown>, file = model): Promise<string> {
  const folder = await writeFolder({ 'models/m': file });
  await prepare(join(folder, 'models/m/1'), folder);
  const { code, stdout, stderr } = await runSheaf(['check', folder]);
  await rm(folder, { recursive: true });
  return `${code} ${stdout}${stderr}`;
}

describe('a model with weights beside it', () => {
  it('is served, from files in the version folder and below', async () => {
    await using mesh = await startTestMesh({
      'models/m': model,
      'models/m/1/model.onnx.data': weights(10),
      'models/below': adding('weights/all.bin'),
      'models/below/1/weights/all.bin': weights(20),
    });
    for (const [name, sum] of [
      ['m', [11, 13]],
      ['below', [21, 23]],
    ] as const)
      assert.deepEqual(read((await ask(mesh.gateway, name, [rows('x', 1, 2)])).outputs[0]), sum);
  });

  it('is served from a Kubernetes volume, whose files are links to a folder of the same volume', async () => {
    const told = await checked(async (version) => {
      await mkdir(join(version, '..2026'));
      await rename(join(version, 'model.onnx'), join(version, '..2026/model.onnx'));
      await writeFile(join(version, '..2026/model.onnx.data'), weights(10));
      await symlink('..2026', join(version, '..data'));
      for (const file of ['model.onnx', 'model.onnx.data']) await symlink(`..data/${file}`, join(version, file));
    });
    assert.match(told, /^0 models\/m\/1: .*\nno mistakes: 1 model/);
  });

  const refused: [string, Parameters<typeof checked>[0], RegExp][] = [
    ['is missing', async () => {}, /found no file that can be read; copy it here together with the model$/m],
    [
      'is too short',
      (version) => writeFile(join(version, 'model.onnx.data'), weights(1).subarray(0, 7)),
      /the model reads 8 bytes here, found 7; the file is not whole, copy it again$/m,
    ],
    [
      'is a link out of the version folder',
      async (version, folder) => {
        await writeFile(join(folder, 'secret'), weights(1));
        await symlink('../../../secret', join(version, 'model.onnx.data'));
      },
      /it is a symbolic link that leads out of the folder of the version; want what it leads to itself: f=models\/m\/1\/model\.onnx\.data; t=/,
    ],
    ['is a folder', (version) => mkdir(join(version, 'model.onnx.data')), /found something that is no file$/m],
  ];
  for (const [why, prepare, sentence] of refused)
    it(`of which the file ${why} is refused by sheaf check, by name`, async () => {
      const told = await checked(prepare);
      assert.match(told, /^2 models\/m\/1\/model\.onnx\.data: /);
      assert.match(told, sentence);
    });

  it('outside the version folder is refused by sheaf check, though the process that runs it could read it', async () => {
    const told = await checked((version) => writeFile(join(version, '../w'), weights(1)), adding('../w'));
    assert.match(told, /^2 models\/m\/1\/model\.onnx: weights "w" are in the file "\.\.\/w", which need not be in /);
  });

  it('may share its files by hard links, and has the sha256 of all of them', async () => {
    const data = weights(3);
    const sha256 = createHash('sha256').update(model).update(data).digest('hex');
    const withData = async (version: string, folder: string, stated: string): Promise<void> => {
      await writeFile(join(folder, 'models/m/data'), data);
      await link(join(folder, 'models/m/data'), join(version, 'model.onnx.data'));
      await writeFile(join(version, '../model.yaml'), `sha256: '${stated}'\n`);
    };
    assert.match(
      await checked((version, folder) => withData(version, folder, sha256)),
      /^0 models\/m\/1: .*\nno mistakes/,
    );
    const ofModel = createHash('sha256').update(model).digest('hex');
    assert.match(
      await checked((version, folder) => withData(version, folder, ofModel)),
      /^2 models\/m\/1\/model\.onnx: the files are not those .*: cat model\.onnx model\.onnx\.data \| sha256sum$/m,
    );
  });

  it('answers as it was loaded while its file is written over or cut', async () => {
    const files = { 'models/m': model, 'models/m/1/model.onnx.data': weights(10) };
    await using mesh = await startTestMesh(files);
    const file = join(mesh.mesh.folder, 'models/m/1/model.onnx.data');
    const sum = async () => read((await ask(mesh.gateway, 'm', [rows('x', 1, 2)])).outputs[0]);
    await writeFile(file, weights(90));
    assert.deepEqual(await sum(), [11, 13]);
    await truncate(file, 0);
    assert.deepEqual(await sum(), [11, 13]);
  });
});

describe('weights beside a model that are replaced', () => {
  it('are taken up, though they have the size and the time of the old ones', async () => {
    const files = { 'models/m': model, 'models/m/1/model.onnx.data': weights(10) };
    await using mesh = await startTestMesh(files);
    const { folder } = mesh.mesh;
    const file = join(folder, 'models/m/1/model.onnx.data');
    const { atime, mtime } = await stat(file);
    await writeFile(file, weights(90));
    await utimes(file, atime, mtime);
    const { mesh: next } = await readMesh(folder);
    assert.ok(next && (await mesh.running.update(next)));
    assert.deepEqual(read((await ask(mesh.gateway, 'm', [rows('x', 1, 2)])).outputs[0]), [91, 93]);
  });
});

describe('a classifier that ends in a ZipMap', () => {
  const classifier = (classes: readonly string[]): Uint8Array =>
    buildModel({
      domains: { 'ai.onnx.ml': 3 },
      inputs: [info('X')],
      outputs: [{ name: 'output_probability', mapsBy: 'BYTES' }],
      nodes: [
        { op: 'Softmax', inputs: ['X'], outputs: ['probabilities'] },
        {
          op: 'ZipMap',
          domain: 'ai.onnx.ml',
          inputs: ['probabilities'],
          outputs: ['output_probability'],
          attributes: { classlabels_strings: { texts: classes } },
        },
      ],
    });
  const vote = `
pipeline: vote
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages:
  s:
    ensemble: { a: { model: a }, b: { model: b } }
    inputs: { X: x }
    combine: { mean: output_probability }
outputs: { p: s.output_probability }
`;
  const files = {
    'models/a': classifier(['no', 'yes']),
    'models/b': classifier(['yes', 'no']),
    'pipelines/vote.yaml': vote,
  };

  it('is told of by sheaf check, also where nothing is run', async () => {
    const folder = await writeFolder(files);
    const { code, stdout } = await runSheaf(['check', folder]);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^models\/a\/1: output "output_probability" is a ZipMap, a list of maps; its tensor \[rows, 2\] is served instead, and its classes are told: no, yes; batched: /m,
    );
    const read = await runSheaf(['check', folder, '--no-run']);
    assert.match(read.stdout, /^models\/b\/1: output "output_probability" is a ZipMap, .*: yes, no$/m);
    await rm(folder, { recursive: true });
  });

  it('tells its classes in ModelMetadata, and a vote over two brings them into one order', async () => {
    await using mesh = await startTestMesh(files);
    for (const remote of [mesh.gateway, mesh.service('b')])
      assert.deepEqual((await remote.describe('b', '', 5_000)).outputs, [
        { name: 'output_probability', datatype: 'FP32', shape: [-1, 2], labels: ['yes', 'no'] },
      ]);
    assert.deepEqual((await mesh.gateway.describe('vote', '', 5_000)).outputs[0]?.labels, ['no', 'yes']);
    using stock = new Caller(mesh.running.gateway.port);
    const [{ outputs }] = (await stock.call('/inference.GRPCInferenceService/ModelMetadata', { name: 'b' }))
      .replies as [{ readonly outputs: readonly { readonly parameters: unknown }[] }];
    assert.deepEqual(outputs[0]?.parameters, {
      sheaf_labels: { string_param: '["yes","no"]', parameter_choice: 'string_param' },
    });
    // Each is as sure of its first class: together they are of none.
    const [no, yes] = read((await ask(mesh.gateway, 'vote', [rows('x', 9, 0)])).outputs[0]);
    assert.deepEqual([no, yes], [0.5, 0.5]);
  });
});

describe('names, ranks and datatypes that models have', () => {
  const any = { datatype: 'FP32', shape: undefined } as const;
  const odd = buildModel({
    inputs: [
      { name: 'sepal length (cm)', ...any },
      { name: '__proto__', ...any },
    ],
    outputs: [
      { name: 'constructor', ...any },
      { name: 'scope/x:0', ...any },
    ],
    nodes: [
      { op: 'Add', inputs: ['sepal length (cm)', '__proto__'], outputs: ['constructor'] },
      { op: 'Sub', inputs: ['sepal length (cm)', '__proto__'], outputs: ['scope/x:0'] },
    ],
  });
  const half = buildModel({
    inputs: [{ name: 'x', datatype: 'BF16', shape: ['n'] }],
    outputs: [{ name: 'y', datatype: 'BF16', shape: ['n'] }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  });
  const wired = `
pipeline: wired
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages:
  first: { model: odd, inputs: { 'sepal length (cm)': x, __proto__: x } }
  second: { model: odd, inputs: { 'sepal length (cm)': 'first["constructor"]', __proto__: first.scope/x:0 } }
outputs: { 'sum (cm)': second.constructor, '0': 'second["scope/x:0"]' }
`;

  it('go through gateway, services and pipelines', async () => {
    await using mesh = await startTestMesh({ 'models/odd': odd, 'models/half': half, 'pipelines/wired.yaml': wired });
    const inputs = [rows('sepal length (cm)', 1, 2), rows('__proto__', 3, 5)];
    const { outputs } = await ask(mesh.gateway, 'odd', inputs);
    assert.deepEqual(
      outputs.map(({ name }) => name),
      ['constructor', 'scope/x:0'],
    );
    assert.deepEqual(outputs.map(read), [
      [4, 7],
      [-2, -3],
    ]);
    const scalar = (name: string) => tensorOf(name, 'FP32', [], Float32Array.of(2));
    const one = await ask(mesh.gateway, 'odd', [scalar('sepal length (cm)'), scalar('__proto__')], {
      outputs: ['constructor'],
    });
    assert.deepEqual(
      one.outputs.map(({ shape }) => shape),
      [[]],
    );

    const answer = await ask(mesh.gateway, 'wired', [rows('x', 1, 2)]);
    assert.deepEqual(
      answer.outputs.map(({ name }) => name),
      ['0', 'sum (cm)'],
    );
    assert.deepEqual(answer.outputs.map(read), [
      [2, 4],
      [2, 4],
    ]);

    const bits = Uint16Array.of(0x3f80, 0xbf80);
    const halves = (await ask(mesh.gateway, 'half', [tensorOf('x', 'BF16', [2], bits)])).outputs[0];
    assert.deepEqual(halves && elements({ ...halves, datatype: 'BF16' as const }), bits);

    const told = await mesh.gateway.describe('odd', '', 5_000);
    assert.deepEqual(told.inputs[0], { name: 'sepal length (cm)', datatype: 'FP32', shape: [], unranked: true });
    const address = `127.0.0.1:${mesh.running.gateway.port}`;
    const cli = await runSheaf([
      'infer',
      'odd',
      'sepal length (cm)=[[1, 2]]',
      '__proto__=[[3, 5]]',
      '--address',
      address,
      '--json',
    ]);
    assert.deepEqual(JSON.parse(cli.stdout).outputs[0], {
      name: 'constructor',
      datatype: 'FP32',
      shape: [1, 2],
      data: [4, 7],
    });
  });
});
