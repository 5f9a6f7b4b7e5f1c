import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { type Elements, elements, type Tensor, tensorOf } from '@sheaf/inference';
import { ask, type Files, startTestMesh, type TestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

/** What a transform returns, the way its author wrote it, and what is said of it. */
const wrong: readonly [name: string, returned: string, sentence: string][] = [
  [
    'another kind of array',
    '{ ...good, y: { shape: [3, 2], data: new Int32Array(6) } }',
    'output "y": want a Float32Array for FP32, got an Int32Array',
  ],
  [
    'a plain list',
    '{ ...good, t: { shape: [3], data: [1, 2, 3] } }',
    'output "t": want a BigInt64Array for INT64, got an Array',
  ],
  [
    'no bytes for a text',
    '{ ...good, label: { shape: [3], data: [encoder.encode("a"), 7, encoder.encode("b")] } }',
    'output "label": want a Uint8Array for each element of BYTES, got a number at 1',
  ],
  [
    'outputs whose rows differ',
    '{ ...good, y: { shape: [3, 2], data: new Float32Array(6) }, t: { shape: [1], data: BigInt64Array.of(1n) } }',
    'output "t": shape[0]: want 3 (n, as input "x" has it), got 1',
  ],
  [
    'dimensions of one name that differ among outputs',
    '{ ...good, y: { shape: [3, 2], data: new Float32Array(6) }, wide: { shape: [4], data: new Float32Array(4) } }',
    'output "wide": shape[0]: want 2 (width, as output "y" has it), got 4',
  ],
  [
    'another size than it declares',
    '{ ...good, pair: { shape: [3], data: new Float32Array(3) } }',
    'output "pair": shape[0]: want 2, got 3',
  ],
  [
    'another rank',
    '{ ...good, t: { shape: [3, 1], data: new BigInt64Array(3) } }',
    'output "t": want rank 1 ([-1]), got rank 2 ([3,1])',
  ],
  [
    'less data than its shape says',
    '{ ...good, t: { shape: [3], data: new BigInt64Array(2) } }',
    'output "t": want 3 elements of data for its shape [3], got 2',
  ],
  [
    'a shape that no tensor has',
    '{ ...good, t: { shape: [-3], data: new BigInt64Array(3) } }',
    'output "t".shape[0]: want 0 or more, got -3',
  ],
  ['no output of a name', '{ ...good, t: undefined }', 'output "t": want { shape, data }, got nothing'],
  ['nothing', 'undefined', 'output "y": want { shape, data }, got nothing'],
];

const answers = `import { defineTransform } from '@sheaf/inference';
const encoder = new TextEncoder();
export default defineTransform({
  inputs: { x: { datatype: 'FP32', shape: ['n'] } },
  outputs: {
    y: { datatype: 'FP32', shape: ['n', 'width'] },
    t: { datatype: 'INT64', shape: ['n'] },
    label: { datatype: 'BYTES', shape: ['n'] },
    pair: { datatype: 'FP32', shape: [2] },
    wide: { datatype: 'FP32', shape: ['width'] },
    half: { datatype: 'FP16', shape: [1] },
    pixels: { datatype: 'UINT8', shape: [1] },
  },
}, ({ x }) => {
  const good = {
    y: { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    t: { shape: [3], data: BigInt64Array.of(1n, 2n, 3n) },
    label: { shape: [3], data: ['a', 'b', 'c'].map((text) => encoder.encode(text)) },
    pair: { shape: [2], data: Float32Array.of(1, 2) },
    wide: { shape: [2], data: Float32Array.of(1, 2) },
    half: { shape: [1], data: Float16Array.of(1.5) },
    pixels: { shape: [1], data: Uint8ClampedArray.of(300) },
  };
  return [${wrong.map(([, returned]) => `() => (${returned})`).join(', ')}][x.data[0]]?.() ?? (x.data[0] === -1 ? good : undefined);
});
`;
const files: Files = {
  'answers.ts': answers,
  'pipelines/p.yaml': `pipeline: p
inputs: { x: { datatype: FP32, shape: [n] } }
stages: { made: { transform: ./answers.ts, inputs: { x: x } } }
outputs: { y: made.y, t: made.t, label: made.label, pair: made.pair, wide: made.wide, half: made.half, pixels: made.pixels }
`,
};
/** A mesh that starts while much else runs on the machine. */
const upWithinMs = 120_000;
const x = (mode: number): Tensor => tensorOf('x', 'FP32', [3], Float32Array.of(mode, 0, 0));

describe('what a transform returns', () => {
  let mesh: TestMesh;
  before(async () => {
    mesh = await startTestMesh(files);
  });
  after(() => mesh[Symbol.asyncDispose]());

  for (const [mode, [name, , sentence]] of wrong.entries())
    it(`is refused when it is ${name}, by name`, async () => {
      await assert.rejects(ask(mesh.service('answers'), 'answers', [x(mode)]), {
        code: 'INTERNAL',
        reason: 'OUTPUT_MISMATCH',
        message: `transform answers: ${sentence}`,
      });
    });

  it('is answered when it is as declared, whichever array holds its bytes', async () => {
    const { byName } = await ask(mesh.gateway, 'p', [x(-1)]);
    const values = <D extends keyof Elements>(name: string, datatype: D) =>
      Array.from(elements({ ...(byName.get(name) as Tensor), datatype }) as ArrayLike<unknown>);
    assert.deepEqual(values('y', 'FP32'), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(values('t', 'INT64'), [1n, 2n, 3n]);
    assert.deepEqual([values('half', 'FP16'), values('pixels', 'UINT8')], [[0x3e00], [255]]);
  });

  it('is told to callers with the stage, and to its author in the log of the service', async () => {
    const [, , sentence] = wrong[0] as (typeof wrong)[number];
    await assert.rejects(ask(mesh.gateway, 'p', [x(0)]), {
      code: 'INTERNAL',
      message: `stage made: transform answers: ${sentence}`,
    });
    const folder = await writeFolder(files);
    const command = startSheaf(['up', folder, '--port', '0']);
    try {
      const upLine = /the mesh is up: gRPC on (\S+);/;
      await waitFor(() => upLine.test(command.output()), command.output, upWithinMs);
      await runSheaf(['infer', 'p', '[0, 0, 0]', '--address', upLine.exec(command.output())?.[1] ?? '']);
      await waitFor(() => command.output().includes(`transform answers: ${sentence}`), command.output, upWithinMs);
    } finally {
      command.kill('SIGINT');
      await command.ended;
      await rm(folder, { recursive: true });
    }
  });
});
