import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inferErrorCodes } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { type Files, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

const files: Files = {
  'models/double': sampleModels.scale(2),
  'pipelines/p.yaml': `pipeline: p
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages: { a: { model: double, inputs: { x: x } } }
outputs: { y: a.y }
`,
};
const inFolder = async (tests: string) => {
  const folder = await writeFolder({ ...files, 'tests/t.yaml': tests });
  const ended = await runSheaf(['test', folder]);
  await rm(folder, { recursive: true });
  return ended;
};

const pairsOf = (words: readonly string[]): string[][] =>
  Array.from({ length: words.length / 2 }, (_, row) => words.slice(2 * row, 2 * row + 2));

describe('sheaf test', () => {
  for (const name of ['postcode', 'risk']) {
    it(`passes the tests of examples/${name}`, async () => {
      const { code, stdout, stderr } = await runSheaf(['test', example(name)]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^[1-9]\d* passed, 0 failed$/m);
    });
  }

  it('asks the real model, tells what came instead of what was wanted, and exits with 1', async () => {
    const { code, stdout } = await inFolder(`pipeline: p
tests:
  - { name: right, inputs: { x: [[1, 2]] }, expect: { outputs: { y: [[2, 4]] } } }
  - { name: wrong, inputs: { x: [[1, 2]] }, expect: { outputs: { y: [[2, 5]] }, degraded: true } }
  - { name: faked, inputs: { x: [[1, 1]] }, fakes: { double: { gives: { y: [[7, 7]] }, after: 1ms } }, expect: { outputs: { y: [[7, 7]] } } }
  - { name: failing, inputs: { x: [[1, 1]] }, fakes: { double: { fails: UNAVAILABLE } }, expect: { outputs: { y: [[7, 7]] } } }
  - { name: of another shape, inputs: { x: [[1, 2]] }, expect: { outputs: { y: [[2], [4]] } } }
  - { name: too slow, inputs: { x: [[1, 1]] }, timeout: 50ms, fakes: { double: { gives: { y: [[7, 7]] }, after: 1m } }, expect: { refused: { code: DEADLINE_EXCEEDED } } }
  - { name: not refused, inputs: { x: [[1, 1]] }, expect: { refused: { code: INTERNAL } } }
`);
    assert.equal(code, 1);
    const lines = stdout
      .replace(/ \(\d+ ms\)/g, '')
      .trim()
      .split('\n');
    assert.deepEqual(lines, [
      'ok      tests/t.yaml: right',
      'FAILED  tests/t.yaml: wrong',
      '          output y[0][1]: want 5, got 4; got [2, 4] of shape [1,2]',
      '          degraded: want true, got false',
      'ok      tests/t.yaml: faked',
      'FAILED  tests/t.yaml: failing',
      '          want an answer, got UNAVAILABLE (UNAVAILABLE): stage a: it fails, as the test says',
      'FAILED  tests/t.yaml: of another shape',
      '          output y: want [[2],[4]], got [2, 4] of shape [1,2]',
      'ok      tests/t.yaml: too slow',
      'FAILED  tests/t.yaml: not refused',
      '          want a refusal, got an answer',
      '3 passed, 4 failed',
    ]);
  });

  it('shows the first value that differs, wherever it is, and texts as texts', async () => {
    const words = Array.from({ length: 40 }, (_, index) => `word ${index}`);
    const folder = await writeFolder({
      'models/same': sampleModels.identity('BYTES', ['n', 2]),
      'pipelines/p.yaml': `pipeline: p
inputs: { x: { datatype: BYTES, shape: [n, 2] } }
stages: { a: { model: same, inputs: { x: x } } }
outputs: { y: a.y }
`,
      'tests/t.yaml': `pipeline: p
tests:
  - name: late
    inputs: { x: ${JSON.stringify(pairsOf(words))} }
    expect: { outputs: { y: ${JSON.stringify(pairsOf(words.with(31, 'word, 31').with(39, '39')))} } }
  - name: of another shape
    inputs: { x: ${JSON.stringify(pairsOf(words.slice(0, 4)))} }
    expect: { outputs: { y: [[a, b]] } }
`,
    });
    const { stdout } = await runSheaf(['test', folder]);
    await rm(folder, { recursive: true });
    const around = words.slice(25, 37).map((word) => JSON.stringify(word));
    const failures = stdout.split('\n').filter((line) => line.startsWith('          '));
    assert.deepEqual(failures, [
      `          output y[15][1]: want "word, 31", got "word 31", and 1 more differs; got [..., ${around.join(', ')}, ...] of shape [20,2]`,
      '          output y: want [["a","b"]], got ["word 0", "word 1", "word 2", "word 3"] of shape [2,2]',
    ]);
  });

  it('is no reason not to serve the folder: a mistake in a test is told by check and test only', async () => {
    const folder = await writeFolder({ ...files, 'tests/t.yaml': 'pipeline: q\ntests: []\n' });
    const graph = await runSheaf(['graph', 'p', folder]);
    await rm(folder, { recursive: true });
    assert.equal(graph.code, 0, graph.stderr);
  });

  it('is read by its form alone where the folder has mistakes, since what it names may only be broken', async () => {
    const folder = await writeFolder({
      ...files,
      'pipelines/p.yaml': 'pipeline: p',
      'tests/t.yaml': 'pipeline: p\ntests: [{ name: a, inputs: { x: no.npy }, expect: { tolerance: far } }]\n',
    });
    const { stderr } = await runSheaf(['check', folder, '--no-run']);
    await rm(folder, { recursive: true });
    assert.match(stderr, /^pipelines\/p\.yaml:1: inputs: /m);
    assert.deepEqual(stderr.match(/^tests\/.*$/gm), [
      'tests/t.yaml:2: tests.0.expect.tolerance: want a finite number of 0 or more, got "far"',
    ]);
  });

  it('says what is wrong with a test, with its place, and check says the same', async () => {
    for (const [tests, sentence] of [
      [
        'pipeline: p\ntests:\n  - { name: a, expect: {} }\n',
        'tests/t.yaml:3: tests.0.inputs: want inputs by name, got nothing',
      ],
      [
        'pipeline: p\ntests:\n  - { name: a, inputs: {}, fakes: { duble: {} }, expect: {} }\n',
        'tests/t.yaml:3: tests.0.fakes.duble: there is nothing of that name; want one of double, p',
      ],
      [
        'pipeline: p\ntests:\n  - { name: a, inputs: {}, fakes: { double: { gives: { z: [1] } } }, expect: {} }\n',
        'tests/t.yaml:3: tests.0.fakes.double.gives.z: there is no such output; the outputs are y',
      ],
      [
        'pipeline: p\ntests:\n  - { name: a, inputs: {}, fakes: { double: { fails: UNAVAILABEL } }, expect: {} }\n',
        `tests/t.yaml:3: tests.0.fakes.double.fails: want one of ${inferErrorCodes.join(', ')}, got "UNAVAILABEL"`,
      ],
      ['pipeline: q\ntests: []\n', 'tests/t.yaml:1: pipeline: there is no pipeline "q"; the pipelines are p'],
      ['pipeline: p/2\ntests: []\n', 'tests/t.yaml:1: pipeline: there is no pipeline "p/2"; the pipelines are p'],
      [
        'pipeline: p\ntests:\n  - { name: a, inputs: { z: [[1, 1]] }, expect: {} }\n',
        'tests/t.yaml:3: tests.0.inputs.z: there is no input "z"; the inputs are x',
      ],
      [
        'pipeline: p\ntests:\n  - { name: a, inputs: { x: no.npy }, expect: {} }\n',
        'tests/t.yaml:3: tests.0.inputs.x: want a file, from the folder of the test; found no "no.npy"',
      ],
      [
        'pipeline: p\ntests:\n  - name: a\n    inputs: {}\n    expect: { outputs: { z: [1] } }\n',
        'tests/t.yaml:5: tests.0.expect.outputs.z: there is no output "z"; the outputs are y',
      ],
      [
        'pipeline: p\ntests:\n  - { name: a, inputs: {}, expect: { absent: [y, z] } }\n',
        'tests/t.yaml:3: tests.0.expect.absent.1: there is no output "z"; the outputs are y',
      ],
      [
        'pipeline: p\ntests:\n  - { name: a, inputs: {}, expect: { tolerance: -1 } }\n',
        'tests/t.yaml:3: tests.0.expect.tolerance: want a finite number of 0 or more, got -1',
      ],
    ] as const) {
      const folder = await writeFolder({ ...files, 'tests/t.yaml': tests });
      const { code, stderr } = await runSheaf(['test', folder]);
      assert.deepEqual([code, stderr.trim()], [2, sentence]);
      const checked = await runSheaf(['check', folder, '--no-run']);
      await rm(folder, { recursive: true });
      assert.deepEqual([checked.code, checked.stderr.trim()], [2, `${sentence}\n1 mistake in ${folder}`]);
    }
    const folder = await writeFolder(files);
    const none = await runSheaf(['test', folder]);
    await rm(folder, { recursive: true });
    assert.deepEqual([none.code, none.stderr.trim()], [2, 'tests: want *.yaml files with tests, found none']);
  });
});
