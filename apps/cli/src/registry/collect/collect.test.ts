import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import type { RegistryCalls } from '@sheaf/transport';
import { UsageError } from '../../command.ts';
import { findSource } from '../import/source.ts';
import { newestVersion } from './mesh-model.ts';
import { collectModel } from './model.ts';
import { collectPipeline } from './pipeline.ts';

let home: string;
const model = sampleModels.scale(2);

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'sheaf-collect-'));
});
after(() => rm(home, { recursive: true }));

async function folderOf(name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = join(home, name);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const refused = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UsageError, String(error));
  assert.match(error.message, message);
  assert.equal(error.message.split('\n').length, 1);
  return true;
};

describe('a pipeline that is pushed', () => {
  const pipeline = `pipeline: twice
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages: { ask: { model: scale, inputs: { x: x } } }
outputs: { y: ask.y }
`;
  const test = (name: string, input: string) =>
    `pipeline: ${name}\ntests: [{ name: answers, inputs: { x: ${input} }, expect: {} }]\n`;
  const calls = {
    getVersion: () => Promise.reject(new InferError('NOT_FOUND', 'it is not there')),
  } as unknown as RegistryCalls;

  it('brings its tests and the files that they name, and not those of other pipelines', async () => {
    const folder = await folderOf('tested', {
      'models/scale.onnx': model,
      'pipelines/twice.yaml': pipeline,
      'tests/twice.yaml': test('twice/1', 'near.json'),
      'tests/far.yml': test('twice', '../samples/far.json'),
      'tests/other.yaml': test('other', 'other.json'),
      'tests/near.json': '[[1, 1]]',
      'tests/other.json': '[[1, 1]]',
      'samples/far.json': '[[1, 1]]',
    });
    const { files } = await collectPipeline({ folder, calls }, 'twice', 'alias');
    assert.deepEqual(
      files.map(({ path }) => path),
      ['pipeline.yaml', 'samples/far.json', 'tests/far.yml', 'tests/near.json', 'tests/twice.yaml'],
    );
  });

  it('brings no file from outside of its folder', async () => {
    const folder = await folderOf('outside', {
      'models/scale.onnx': model,
      'pipelines/twice.yaml': pipeline,
      'tests/twice.yaml': test('twice', '../../plain.json'),
    });
    await assert.rejects(
      collectPipeline({ folder, calls }, 'twice', 'alias'),
      refused(/^tests\/twice.yaml: want files inside the mesh folder, got ..\/..\/plain.json$/),
    );
  });
});

describe('what is pushed', () => {
  it('is a model file, or the folder of a version without what systems leave there', async () => {
    const folder = await folderOf('plain', {
      'model.onnx': model,
      'tests.yaml': 'x',
      '.DS_Store': 'x',
      'a/b.bin': 'w',
    });
    const paths = (await collectModel(folder)).map(({ path }) => path);
    assert.deepEqual(paths, ['a/b.bin', 'model.onnx', 'tests.yaml']);
    assert.deepEqual(
      (await collectModel(join(folder, 'model.onnx'))).map(({ path }) => path),
      ['model.onnx'],
    );
  });

  it('is the newest version of a mesh folder, with the settings of its model', async () => {
    const folder = await folderOf('versions', {
      '2/model.onnx': model,
      '10/m.onnx': model,
      'model.yaml': 'instances: 2\n',
    });
    assert.deepEqual(
      (await newestVersion(folder)).map(({ path }) => path),
      ['m.onnx', 'model.yaml'],
    );
  });

  it('is nothing that is not what it looks like', async () => {
    const folder = await folderOf('links', { 'model.onnx': model, 'secret.txt': 'secret' });
    await symlink('/etc/passwd', join(folder, 'labels.txt'));
    await assert.rejects(collectModel(folder), refused(/labels\.txt: want a file, got a symbolic link/));
    await rm(join(folder, 'labels.txt'));
    await link(join(folder, 'secret.txt'), join(folder, 'other.txt'));
    await assert.rejects(collectModel(folder), refused(/want a file of one name, got one of 2 \(hard links\)/));
    await rm(join(folder, 'other.txt'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await assert.rejects(collectModel(folder), refused(/pipe: want a file, got something else/));
  });

  it('is no address and no file of another kind', async () => {
    const none = await folderOf('none', { 'model.pt': 'x' });
    const two = await folderOf('two', { 'a.onnx': model, 'b.onnx': model });
    for (const source of ['gopher://x/m', 'data:,x', 'ftp://x', 'file:///etc', 'https://x/m.onnx'])
      await assert.rejects(collectModel(source), refused(/got an address/), source);
    await assert.rejects(collectModel(none), refused(/want a model file that ends in \.onnx, found none/));
    await assert.rejects(collectModel(two), refused(/want one model file.* found a\.onnx, b\.onnx/));
    await assert.rejects(collectModel(join(home, 'nothing')), refused(/cannot be read \(ENOENT\)/));
  });
});

describe('what is imported', () => {
  it('is all versions of a mesh folder, the oldest first', async () => {
    const folder = await folderOf('mesh', {
      'models/digits/10/model.onnx': model,
      'models/digits/2/model.onnx': model,
      'models/digits/model.yaml': 'instances: 2\n',
      'models/iris.onnx': model,
    });
    const { models } = await findSource(folder);
    assert.deepEqual(
      models.map(({ name, versions }) => [name, versions.map((files) => files.map(({ path }) => path))]),
      [
        [
          'digits',
          [
            ['model.onnx', 'model.yaml'],
            ['model.onnx', 'model.yaml'],
          ],
        ],
        ['iris', [['iris.onnx']]],
      ],
    );
  });

  it('is the ONNX models of a Triton repository, with what their settings say', async () => {
    const folder = await folderOf('triton', {
      'digits/config.pbtxt':
        'backend: "onnxruntime" max_batch_size: 8 dynamic_batching { } instance_group { count: 2 }',
      'digits/1/model.onnx': model,
      'digits/3/model.onnx': model,
      'script/config.pbtxt': 'backend: "python"',
      'script/1/model.py': 'x',
      'all/config.pbtxt': 'platform: "ensemble"',
      'bare/1/model.onnx': model,
    });
    const { models, notes } = await findSource(folder);
    assert.deepEqual(
      models.map(({ name, versions }) => [name, versions.length]),
      [
        ['bare', 1],
        ['digits', 2],
      ],
    );
    const settings = models[1]?.versions[0]?.find(({ path }) => path === 'model.yaml')?.source;
    assert.equal(String(settings), 'batching: {"maxRows":8}\ninstances: 2\n');
    assert.deepEqual(notes.map((note) => note.split(':')[0]).sort(), ['all', 'script']);
  });

  it('is nothing from an address, from nowhere, or of a name that is none', async () => {
    for (const source of ['file:///repo', 's3://bucket/repo', '\\\\host\\share'])
      await assert.rejects(findSource(source), refused(/got an address/), source);
    await assert.rejects(findSource(join(home, 'nothing')), refused(/found no folder/));
    const odd = await folderOf('odd', { 'models/a b/1/model.onnx': model });
    await assert.rejects(findSource(odd), refused(/want a name of letters/));
    const broken = await folderOf('broken', { 'm/config.pbtxt': 'a: {', 'm/1/model.onnx': model });
    await assert.rejects(findSource(broken), refused(/config\.pbtxt: want the name of a field, got the end/));
  });
});
