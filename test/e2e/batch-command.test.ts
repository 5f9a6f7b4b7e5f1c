import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  elements,
  InferError,
  type InferResponse,
  packBytes,
  type RequestContent,
  type Signature,
  tensorOf,
} from '@sheaf/inference';
import { type BatchWork, workOff } from '../support/batch-worker.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const signature: Signature = {
  inputs: [{ name: 'measures', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [
    { name: 'species', datatype: 'BYTES', shape: [-1] },
    { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
  ],
};

/** Long petals are of one species, short ones of another; a sepal of 0 is refused. */
async function answer({ inputs: [measures] }: RequestContent): Promise<InferResponse> {
  assert.ok(measures?.datatype === 'FP32');
  const rows = measures.shape[0] ?? 0;
  const values = elements({ ...measures, datatype: 'FP32' });
  if (values.includes(0)) throw new InferError('INVALID_ARGUMENT', 'want a flower with a sepal');
  const species = Array.from({ length: rows }, (_, row) => ((values[4 * row + 2] ?? 0) > 3 ? 'virginica' : 'setosa'));
  return {
    model: 'classify-iris',
    version: '1',
    parameters: new Map(),
    outputs: [
      { name: 'species', datatype: 'BYTES', shape: [rows], data: packBytes(species) },
      tensorOf('probabilities', 'FP32', [rows, 3], new Float32Array(3 * rows).fill(0.5)),
    ],
  };
}

const how: BatchWork = { signature, answer };

describe('sheaf batch', { timeout: 300_000 }, () => {
  let folder: string;
  before(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'sheaf-batch-')), 'mesh');
    assert.equal((await runSheaf(['init', folder])).code, 0);
  });
  after(() => rm(join(folder, '..'), { recursive: true, force: true }));

  const batch = (...args: readonly string[]) => runSheaf(['batch', ...args, '--folder', folder]);
  const said = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await batch(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await batch(...args);
    assert.equal(code, 2);
    return stderr;
  };
  /** Begins one, and answers its id. */
  const begun = async (...args: readonly string[]): Promise<string> => {
    const { id } = JSON.parse(await said('run', ...args, '--detach', '--json')) as { id: string };
    return id.slice(-8);
  };

  it('plans a file that sheaf check takes, and says what cannot be told', async () => {
    const input = ['--input', join(folder, 'flowers.csv')];
    const open = await batch('plan', 'classify-iris', ...input);
    assert.match(open.stderr, /cannot be told: the key: .* the columns are flower, sepal_length/);
    assert.match(
      await refused('run', 'classify-iris', ...input),
      /which columns it is of cannot be told:\n {2}the key/,
    );
    await mkdir(join(folder, 'batches'));
    await writeFile(
      join(folder, 'batches/flowers.yaml'),
      await said('plan', 'classify-iris', ...input, '--key', 'flower'),
    );
    const checked = await runSheaf(['check', '--no-run', folder]);
    assert.equal(checked.code, 0, checked.stderr);
  });

  it('has the rows of a table answered, and serves and exports what came of it', async () => {
    const id = await begun('flowers');
    await workOff(folder, how);
    assert.match(await said('watch', id), /6\/6 rows.*\ngeneration 1 of classify-iris is served\n/s);
    const out = join(folder, 'out.csv');
    assert.match(
      await said('export', 'classify-iris', '--to', out),
      /out\.csv: 6 rows of generation 1 of classify-iris/,
    );
    const [head, first, ...rest] = (await readFile(out, 'utf8')).trim().split('\n');
    assert.equal(head, 'key,species,probabilities,version,generation,computed_at');
    assert.match(first ?? '', /^a,setosa,"\[0\.5,0\.5,0\.5\]",1,1,20\d\d-/);
    assert.deepEqual(
      rest.map((line) => line.split(',').slice(0, 2)),
      [['b', 'setosa'], ...['c', 'd', 'e', 'f'].map((key) => [key, 'virginica'])],
    );
  });

  it('tells the errors of rows, by row and key', async () => {
    const path = join(folder, 'wrong.csv');
    await writeFile(path, 'flower,a,b,c,d\nx,1,2,3,4\ny,1,"2,5",3,4\nz,0,2,3,4\nx,1,2,3,4\n,1,2,3,4\n');
    const id = await begun('classify-iris', '--input', path, '--key', 'flower', '--collection', 'wrong');
    await workOff(folder, how);
    assert.match(await said('watch', id), /1 of wrong is served|4 rows have errors/);
    const errors = (await said('errors', id, '--json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      errors.map(({ row, key, code, message }) => [row, key, code, message]),
      [
        [2, 'y', 'INVALID_ARGUMENT', 'column b: want a number with a decimal point and nothing else (FP32), got "2,5"'],
        [3, 'z', 'INVALID_ARGUMENT', 'want a flower with a sepal'],
        [4, 'x', 'DUPLICATE_KEY', 'want each key once, got "x" again, which row 1 has'],
        [5, undefined, 'INVALID_ARGUMENT', 'column flower: want a key, got an empty cell'],
      ],
    );
    assert.match(await said('errors', id), /row +key +code +why\n2 +y +INVALID_ARGUMENT/);
  });

  it('fails beyond its budget of errors, and goes on with a larger one', async () => {
    const path = join(folder, 'wrong.csv');
    const id = await begun(
      'classify-iris',
      '--input',
      path,
      '--key',
      'flower',
      '--collection',
      'budget',
      '--errors-max',
      '2',
    );
    await workOff(folder, how);
    assert.match(await refused('watch', id), /the batch failed: .*; sheaf batch resume .* goes on with it/s);
    await said('resume', id, '--errors-max', '10', '--detach');
    await workOff(folder, how);
    assert.match(await said('watch', id), /4 rows have errors/);
  });

  it('moves what is served on and back', async () => {
    const id = await begun('flowers', '--hold');
    await workOff(folder, how);
    assert.match(
      await said('watch', id),
      /generation 2 of classify-iris is held: .*; sheaf batch promote classify-iris 2/,
    );
    assert.match(await said('promote', 'classify-iris', '2'), /generation 2 of classify-iris is served, instead of 1/);
    assert.match(await said('generations', 'classify-iris'), /2 +served +6[\s\S]*1 +ready +6/);
    assert.match(await said('rollback', 'classify-iris'), /generation 1 of classify-iris is served, instead of 2/);
    assert.match(await refused('promote', 'classify-iris', '9'), /there is no generation 9 of classify-iris/);
  });

  it('leaves a batch running when Ctrl-C is pressed, and ends it when it is told', async () => {
    const running = startSheaf(['batch', 'run', 'flowers', '--folder', folder]);
    await waitFor(() => running.output().includes('0/0+ rows'), running.output, 60_000);
    assert.match(running.output(), /no mesh runs from this folder.*sheaf up/);
    running.kill('SIGINT');
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    const [, id = ''] = /the batch goes on; sheaf batch watch (\w+) shows it/.exec(stdout) ?? [];
    assert.match(await said('list'), new RegExp(`${id} .*running`));
    assert.match(await said('cancel', id), /is cancelled; sheaf batch resume/);
    assert.match(await said('cancel', id), /has been cancelled already/);
    assert.match(await refused('watch', id), /the batch was cancelled/);
  });

  it('refuses what is no table before it begins', async () => {
    const empty = join(folder, 'empty.csv');
    await writeFile(empty, 'flower,a,b,c,d\n');
    assert.match(
      await refused('run', 'flowers', '--input', join(folder, 'none.csv')),
      /none\.csv cannot be read \(ENOENT\)/,
    );
    assert.match(
      await refused('run', 'flowers', '--input', empty),
      /there is no column "sepal_length"; the columns are flower, a, b, c, d/,
    );
    assert.match(await refused('run', 'nothing'), /there is no pipeline, model or batch "nothing"/);
    await writeFile(empty, 'flower,sepal_length,sepal_width,petal_length,petal_width\n');
    assert.match(await refused('run', 'flowers', '--input', empty), /empty\.csv has no rows/);
  });
});
