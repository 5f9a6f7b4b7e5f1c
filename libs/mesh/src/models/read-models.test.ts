import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import type { Model } from '../mesh.ts';
import { formatProblem, type MeshProblem } from '../problem.ts';
import { readModels } from './read-models.ts';

const model = sampleModels.scale(2);

/** What is read from a folder of such files, and told; a text that begins with `->` is a link. */
async function read(files: Readonly<Record<string, string | Uint8Array>>) {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-models-'));
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === 'string' && content.startsWith('->')) await symlink(content.slice(2), file);
    else await writeFile(file, content);
  }
  const problems: MeshProblem[] = [];
  const models = await readModels(folder, undefined, problems);
  await rm(folder, { recursive: true });
  return { models, problems: problems.map(formatProblem) };
}

const shown = (models: readonly Model[]): string[] =>
  models.map(
    ({ name, versions }) =>
      `${name}: ${versions.map(({ version, content }) => `${version} (${content.files.map(({ path }) => path).join(', ')})`).join('; ')}`,
  );

describe('the models of a folder', () => {
  it('are found in every form that people keep them in, with all files of each version', async () => {
    const { models, problems } = await read({
      'models/README.md': '',
      'models/.DS_Store': '',
      'models/a.onnx': model,
      'models/a.onnx.data': '1',
      'models/b/model.onnx': model,
      'models/b/model.yaml': 'instances: 2\n',
      'models/b/vocabulary/words.txt': '',
      'models/c/1/anything.onnx': model,
      'models/c/1/labels.txt': '',
      'models/c/1/.DS_Store': '',
      'models/c/2/model.onnx': model,
      'models/c/2/model.int8.onnx': model,
      'models/d.onnx': model,
      'models/d/model.yaml': 'instances: 3\n',
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(shown(models), [
      'a: 1 (a.onnx, a.onnx.data)',
      'b: 1 (model.onnx, vocabulary/words.txt)',
      'c: 2 (model.int8.onnx, model.onnx); 1 (anything.onnx, labels.txt)',
      'd: 1 (d.onnx)',
    ]);
    assert.deepEqual(
      models.map(({ instances }) => instances),
      [1, 2, 1, 3],
    );
  });

  it('of which it is not clear what is meant are told with the command that makes it so', async () => {
    const { models, problems } = await read({
      'models/a/one.onnx': model,
      'models/a/two.onnx': model,
      'models/b/1/one.onnx': model,
      'models/b/1/the other.onnx': model,
      'models/c/model.onnx': model,
      'models/c/1/model.onnx': model,
      'models/d.onnx': model,
      'models/d/3/model.onnx': model,
      'models/e/01/model.onnx': model,
      'models/f/v2/model.onnx': model,
      'models/g/model.yaml': '',
      'models/h/1/labels.txt': '',
      'models/s p/1/model.onnx': model,
    });
    assert.deepEqual(problems, [
      'models/a: want one model, got one.onnx, two.onnx: mkdir -p models/a/1 && mv models/a/one.onnx models/a/1/model.onnx makes the first the one that is served',
      'models/b/1: want one model, got one.onnx, the other.onnx: mkdir -p models/b/1 && mv models/b/1/one.onnx models/b/1/model.onnx makes the first the one that is served',
      'models/c/model.onnx: it lies beside other versions of the model and has no number: mkdir -p models/c/2 && mv models/c/model.onnx models/c/2/model.onnx',
      'models/d.onnx: it lies beside other versions of the model and has no number: mkdir -p models/d/4 && mv models/d.onnx models/d/4/model.onnx',
      'models/e/01: want a version folder named by a positive integer, got "01": mv models/e/01 models/e/1',
      'models/f/v2: want a version folder named by a positive integer, got "v2": mv models/f/v2 models/f/2',
      'models/g: want a version, such as models/g/1/model.onnx, got none',
      'models/h/1/model.onnx: want an ONNX model here, found no file that can be read',
      'models/s p: want a model name of letters, digits, ".", "_" and "-", starting with a letter or digit',
    ]);
    assert.deepEqual(shown(models), ['c: 1 (model.onnx)', 'd: 3 (model.onnx)']);
  });

  it('are read through links, as a mounted volume has them, and a link that leads to nothing is told once', async () => {
    const { models, problems } = await read({
      'elsewhere/1/model.onnx': model,
      'elsewhere/1/weights/w.bin': '',
      'models/a': '->../elsewhere',
      'models/b/..2026/model.onnx': model,
      'models/b/..data': '->..2026',
      'models/b/1/model.onnx': '->../..data/model.onnx',
      'models/c': '->../gone',
      'models/d/1': '->../../gone',
      'models/e/1/model.onnx': '->gone.onnx',
      'models/f/1/model.onnx': model,
      'models/f/1/labels.txt': '->gone.txt',
      'models/g/1/model.onnx': model,
      'models/g/1/back': '->.',
      'models/h/1/model.onnx': '->../../../elsewhere/1/model.onnx',
      'models/h/1/labels.txt': '->../../../elsewhere/1/weights/w.bin',
      'models/h/1/all': '->/',
    });
    const nothing = 'it is a symbolic link that leads to nothing; make it lead to what is meant, or remove it';
    assert.deepEqual(problems.slice(0, 4), [
      `models/c: ${nothing}`,
      `models/d/1: ${nothing}`,
      `models/e/1/model.onnx: ${nothing}`,
      `models/f/1/labels.txt: ${nothing}`,
    ]);
    assert.match(
      problems[4] ?? '',
      /^models\/g\/1\/back\/back.*: want at most 16 folders in one another; does a link lead back\?$/,
    );
    assert.deepEqual(
      problems.slice(5).map((problem) => problem.split('; ')[0]),
      ['all', 'labels.txt'].map(
        (name) => `models/h/1/${name}: it is a symbolic link that leads out of the folder of the version`,
      ),
    );
    assert.deepEqual(shown(models), ['a: 1 (model.onnx, weights/w.bin)', 'b: 1 (model.onnx)']);
  });

  it('have the versions that versionPolicy names, which has to be one that there is', async () => {
    const versions = Object.fromEntries([1, 2, 10].map((version) => [`models/m/${version}/model.onnx`, model]));
    const policies: [string, string, RegExp | undefined][] = [
      ['all', '10, 2, 1', undefined],
      ['{ latest: 2 }', '10, 2', undefined],
      ['{ latest: 9 }', '10, 2, 1', undefined],
      ['{ specific: [1, 10] }', '10, 1', undefined],
      [
        '{ specific: [2, 3] }',
        '2',
        /^models\/m\/model\.yaml:1: versionPolicy\.specific: there is no version 3; there are 1, 10, 2$/,
      ],
      ['{ specific: [] }', '', /specific: want one version or more, got none$/],
      ['{ latest: 0 }', '10, 2, 1', /versionPolicy\.latest: want an integer from 1 to 1000, got 0$/],
      ['newest', '10, 2, 1', /want all, or a mapping with one of latest, specific, got "newest"$/],
      [
        '{ latest: 1, specific: [1] }',
        '10, 2, 1',
        /versionPolicy: want exactly one of latest, specific, got latest and specific$/,
      ],
    ];
    for (const [policy, served, sentence] of policies) {
      const { models, problems } = await read({ ...versions, 'models/m/model.yaml': `versionPolicy: ${policy}\n` });
      assert.equal(models.flatMap((one) => one.versions.map(({ version }) => version)).join(', '), served, policy);
      assert.equal(problems.length, sentence ? 1 : 0, problems.join('\n'));
      if (sentence) assert.match(problems[0] ?? '', sentence);
    }
  });

  it('that take only tensors without elements are told as notices', async () => {
    const { models, problems } = await read({ 'models/m/1/model.onnx': sampleModels.identity('FP32', ['n', 0]) });
    assert.deepEqual(problems, []);
    const { notices = [] } = models[0]?.versions[0] ?? {};
    assert.equal(notices.length, 1);
    assert.match(
      notices[0] ?? '',
      /^input "x" has the shape \[\?, 0\]: the model takes tensors without elements there/,
    );
  });

  it('say of themselves what their files say, as far as it fits', async () => {
    const graph = { inputs: [], outputs: [{ name: 'y', datatype: 'FP32', shape: [] }], nodes: [] } as const;
    const metadata = { labels: 'cat,dog', sheaf_digest: 'not ours', long: 'x'.repeat(70_000), ['__proto__']: 'a key' };
    const { models } = await read({ 'models/m/1/model.onnx': buildModel({ ...graph, metadata }) });
    const { properties, content } = models[0]?.versions[0] ?? {};
    assert.deepEqual(Object.fromEntries(properties ?? []), {
      sheaf_digest: content?.digest,
      sheaf_producer: 'sheaf',
      labels: 'cat,dog',
      ['__proto__']: 'a key',
      sheaf_left_out: 'long',
    });
  });

  it('have the settings of the runtime for memory where model.yaml says them, and a wrong one is told', async () => {
    const { models, problems } = await read({
      'models/a.onnx': model,
      'models/a/model.yaml': 'enableCpuMemArena: true\nenableMemPattern: false\n',
      'models/b.onnx': model,
      'models/b/model.yaml': 'enableCpuMemArena: 1\n',
      'models/c.onnx': model,
      'models/c/model.yaml': 'batching: { maxRows: 16 }\n',
      'models/d.onnx': model,
      'models/d/model.yaml': 'batching: true\n',
    });
    assert.deepEqual(problems, ['models/b/model.yaml:1: enableCpuMemArena: want true or false, got 1']);
    const [a, , c, d] = models;
    assert.deepEqual([a?.enableCpuMemArena, a?.enableMemPattern], [true, false]);
    assert.deepEqual([c?.batching?.maxRows, c?.batching?.rowsIndependent ?? false], [16, false]);
    assert.deepEqual([d?.batching?.maxRows, d?.batching?.rowsIndependent], [64, true]);
  });
});
