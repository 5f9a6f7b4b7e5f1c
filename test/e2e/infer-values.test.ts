/** What people type and read: values of every kind on the command line. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createJimp } from '@jimp/core';
import png from '@jimp/js-png';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { decodeImage } from '@sheaf/tensor-io';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

/** Two lines of text, wherever they are found. */
const reader = `import { defineTransform } from '@sheaf/inference';
const encoder = new TextEncoder();
export default defineTransform({
  inputs: { page: { datatype: 'UINT8', shape: ['height', 'width'] } },
  outputs: { lines: { datatype: 'FP32', shape: ['n', 4, 2] }, text: { datatype: 'BYTES', shape: ['n'] } },
}, () => ({
  lines: { shape: [2, 4, 2], data: Float32Array.of(10, 10, 90, 14, 90, 24, 10, 20, 10, 30, 90, 30, 90, 40, 10, 40) },
  text: { shape: [2], data: ['first line', 'second line'].map((line) => encoder.encode(line)) },
}));
`;

describe('sheaf infer', () => {
  let mesh: TestMesh;
  let folder: string;
  before(async () => {
    mesh = await startTestMesh({
      'models/half': sampleModels.identity('FP16', ['n']),
      'models/text': sampleModels.identity('BYTES', ['n']),
      'models/pairs': sampleModels.identity('BYTES', ['n', 2]),
      'models/gain': buildModel({
        inputs: [
          { name: 'x', datatype: 'FP32', shape: ['n'] },
          { name: 'factor', datatype: 'FP32', shape: [] },
        ],
        outputs: [{ name: 'y', datatype: 'FP32', shape: ['n'] }],
        nodes: [{ op: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] }],
      }),
      'read.ts': reader,
      'pipelines/ocr.yaml': `pipeline: ocr
inputs: { page: { datatype: UINT8, shape: [height, width] } }
stages: { read: { transform: ./read.ts, inputs: { page: page } } }
outputs: { lines: read.lines, text: read.text }
`,
    });
    folder = await mkdtemp(join(tmpdir(), 'sheaf-infer-'));
  });
  after(async () => {
    await mesh[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const infer = (...args: string[]) =>
    runSheaf(['infer', ...args, '--address', `127.0.0.1:${mesh.running.gateway.port}`], folder);

  it('takes a scalar as it is typed, and all inputs from one file by their names', async () => {
    assert.match((await infer('gain', 'x=[1, 2]', 'factor=-1.5')).stdout, /^y +FP32 +\[2\] +-1\.500 -3$/m);
    const file = join(folder, 'inputs.json');
    await writeFile(file, '{ "x": [1, 2], "factor": 3 }');
    assert.match((await infer('gain', file)).stdout, /^y +FP32 +\[2\] +3 6$/m);
    await writeFile(file, '[1, 2]');
    const { code, stderr } = await infer('gain', file);
    assert.deepEqual([code, stderr.includes('want an object of lists by input')], [2, true]);
    assert.match((await infer('gain', 'x=[1]', 'factor=much')).stderr, /^much: there is no such file/);
  });

  it('takes numbers for FP16 and shows them, each the nearest that there is, and tells what is too large', async () => {
    const { stdout, stderr } = await infer('half', '[0.5, -2, 2049, 65504]', '--json');
    assert.deepEqual(JSON.parse(stdout || stderr).outputs[0].data, [0.5, -2, 2048, 65_504]);
    assert.match((await infer('half', '[0.1, 3]')).stdout, /^y +FP16 +\[2\] +0\.09998 3$/m);
    const large = await infer('half', '[1, 1e5]');
    assert.deepEqual(
      [large.code, large.stderr],
      [2, 'x[1]: want a number that FP16 has, -65504 to 65504, got 100000\n'],
    );
  });

  it('shows texts one a line, and those of a row side by side', async () => {
    const { stdout } = await infer('text', JSON.stringify(['total: 3 EUR', 'a\u001b[31mb', '']));
    assert.match(stdout, /^y +BYTES +\[3\] +3 texts, below\n\ny:\ntotal: 3 EUR\na\?\[31mb\n\n$/m);
    assert.match((await infer('text', '["alone"]')).stdout, /^y +BYTES +\[1\] +alone$/m);
    assert.match((await infer('pairs', '[["a b", "c"], ["d", "e"]]')).stdout, /^y:\na b\tc\nd\te$/m);
    const many = await infer('text', JSON.stringify(Array.from({ length: 130 }, (_, line) => `line ${line}`)));
    assert.match(many.stdout, /^line 99\n\.\.\. and 30 more; --json has them all$/m);
  });

  it('draws quadrilaterals on the image, and what was read beside it', async () => {
    const image = new (createJimp({ formats: [png], plugins: [] }))({ width: 100, height: 50, color: 0xffffffff });
    await writeFile(join(folder, 'page.png'), await image.getBuffer('image/png'));
    const { code, stderr } = await infer('ocr', 'page.png', '--draw', 'out.png');
    assert.deepEqual([code, stderr], [0, 'drawn: out.png\n']);
    const drawn = await decodeImage(await readFile(join(folder, 'out.png')));
    assert.equal(drawn.width, 2 * 1_000);
  });
});
