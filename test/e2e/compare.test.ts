/** `sheaf compare` with real processes: the same rows, asked in three ways. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

const rows = 24;
const table = ['id,a,b', ...Array.from({ length: rows }, (_, row) => `k${row},${row},${row / 2}`)].join('\n');
interface Way {
  readonly way: string;
  readonly rowsPerSecond: number;
  readonly cpuMsPerRow: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly ageMs: number;
}

describe('sheaf compare', () => {
  let folder: string;
  before(async () => {
    folder = await writeFolder({
      'models/double': sampleModels.scale(2),
      'pipelines/twice.yaml':
        'pipeline: twice\ninputs: { x: { datatype: FP32, shape: [rows, 2] } }\nstages: { s: { model: double, inputs: { x: x } } }\noutputs: { y: s.y }\n',
      'batches/nightly.yaml':
        'pipeline: twice\ninput: { path: rows.csv }\nkey: id\ntensors: { x: { columns: [a, b] } }\n',
      'rows.csv': table,
      // Nobody has a key of it, and nobody needs one.
      'policies.yaml': 'identity: { keys: true }\n',
    });
  });
  after(() => rm(folder, { recursive: true }));

  it('answers the rows in each of the ways, tells what that comes to, and leaves the folder as it was', async () => {
    const picture = join(folder, 'ways.svg');
    const files = await readdir(folder);
    const { code, stdout, stderr } = await runSheaf(['compare', 'nightly', folder, '--json', '--picture', picture]);
    assert.equal(code, 0, stderr);
    const told = JSON.parse(stdout) as { name: string; rows: number; figures: Way[] };
    assert.deepEqual([told.name, told.rows], ['twice', rows]);
    assert.deepEqual(
      told.figures.map(({ way }) => way),
      ['online', 'asynchronous', 'batch'],
    );
    for (const figures of told.figures)
      for (const [name, value] of Object.entries(figures))
        if (name !== 'way')
          assert.ok(Number.isFinite(value) && (value > 0 || name === 'cpuMsPerRow'), `${name}: ${value}`);
    assert.match(await readFile(picture, 'utf8'), /^<svg .*twice\/1, 24 rows/s);
    await rm(picture);
    assert.deepEqual(await readdir(folder), files);
  });

  it('says what is missing, what is wrong with a row, and what is not there', async () => {
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runSheaf(['compare', ...args]);
      assert.deepEqual([code, stdout], [2, '']);
      return stderr.trim();
    };
    assert.match(await refused('twice', folder), /^want --input <path>, got none$/);
    assert.match(await refused('thrice', folder), /^there is no pipeline, model or batch "thrice"; there are .*twice/);
    await writeFile(join(folder, 'bad.csv'), 'id,a,b\nk1,1,2\nk2,one,2\n');
    assert.match(await refused('nightly', folder, '--input', join(folder, 'bad.csv')), /^row 2: .*"one"/);
    assert.match(await refused('twice', join(folder, 'nowhere')), /^.*nowhere: want a mesh folder \(ENOENT\)$/);
  });
});
