import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatProblem } from '../problem.ts';
import { readMesh } from '../read-mesh.ts';
import { batchExample } from '../reference/batch-page.ts';
import { askedIn, readBatches } from './read-batches.ts';

const template = fileURLToPath(new URL('../../../../apps/cli/template', import.meta.url));

describe('the batches of a folder', () => {
  it('are held against what they ask, each mistake with its line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-batches-'));
    await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
    await cp(template, folder, { recursive: true });
    await mkdir(join(folder, 'batches'));
    await writeFile(join(folder, 'batches/nightly.yaml'), batchExample);
    const wrong = batchExample
      .replace('outputs: [species]', 'outputs: [specie]')
      .replace('  measures:', '  measure:')
      .replace('0 3 * * *', '0 25 * * *');
    await writeFile(join(folder, 'batches/wrong.yaml'), wrong);
    await writeFile(join(folder, 'batches/none.yaml'), batchExample.replace('classify-iris', 'classify'));
    await writeFile(join(folder, 'batches/ä.yaml'), batchExample);
    const { mesh } = await readMesh(folder);
    assert.ok(mesh);
    const { batches, problems } = await readBatches(folder, mesh);
    assert.deepEqual(
      batches.map(({ name }) => name),
      ['nightly'],
    );
    const [only] = batches;
    assert.deepEqual(only?.declaration.tensors.get('measures'), {
      kind: 'columns',
      columns: ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'],
      missing: undefined,
    });
    const told = problems.map(formatProblem);
    assert.match(
      told[0] ?? '',
      /^batches\/none.yaml:3: pipeline: there is no pipeline or model "classify"; there are .*classify-iris/,
    );
    assert.match(told[1] ?? '', /^batches\/wrong.yaml:10: schedule.cron: want a cron expression, got "0 25 \* \* \*"/);
    assert.match(told.at(-1) ?? '', /^batches\/ä.yaml: want a file name of letters/);
    // What a file says is looked at once it can be read.
    await writeFile(join(folder, 'batches/wrong.yaml'), wrong.replace('0 25', '0 5'));
    const again = (await readBatches(folder, mesh)).problems.map(formatProblem).filter((one) => one.includes('wrong'));
    assert.deepEqual(
      again.map((one) => one.replace(/^.*?: /, '')),
      [
        'tensors.measure: there is no input "measure"; the inputs are measures',
        'outputs.0: there is no output "specie"; the outputs are species, probabilities',
        'tensors: input "measures" has no column',
      ],
    );
  });

  it('ask a version of a pipeline or of a model', async () => {
    const { mesh } = await readMesh(template);
    assert.ok(mesh);
    assert.equal(askedIn(mesh, 'classify-iris')?.version, '1');
    assert.deepEqual(
      askedIn(mesh, 'iris')?.signature?.inputs.map(({ name }) => name),
      askedIn(mesh, 'iris/1')?.signature?.inputs.map(({ name }) => name),
    );
    assert.equal(askedIn(mesh, 'iris/9'), undefined);
    assert.equal(askedIn(mesh, 'classify-iris/9'), undefined);
  });
});
