/** Answers do not depend on who else calls, through a whole mesh. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { type Explanation, explainParameter, explanationParameter, type Tensor, tensorOf } from '@sheaf/inference';
import { chainModel, rowMixing, rowWise, sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh, testContext, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

const step = (steps: typeof rowWise, name: string) => steps[name] as (typeof rowWise)[string];
const callers = 8;
const callsEach = 100;
const call = (index: number): Tensor => {
  const rows = 1 + (index % 3);
  return tensorOf(
    'x',
    'FP32',
    [rows, 4],
    Float32Array.from({ length: 4 * rows }, (_, at) => Math.sin(index * 31 + at)),
  );
};

const files = {
  'models/running-sum': chainModel([step(rowMixing, 'running sum over the first dimension')], 'T'),
  'models/centered': chainModel([step(rowMixing, 'centering over the first dimension')], 'num_nodes'),
  'models/own': chainModel([step(rowWise, 'tanh')], 'unk__6', 'unk__7'),
  'models/trusted': chainModel([step(rowWise, 'tanh')]),
  'models/trusted/model.yaml': 'batching: true\n',
};

describe('an answer through the mesh', () => {
  it('is the same whether a caller is alone or one of eight, and it is told what is batched', async () => {
    await using mesh = await startTestMesh(files);
    for (const model of ['running-sum', 'centered', 'own']) {
      const bytes = async (index: number): Promise<string> =>
        Buffer.from((await ask(mesh.gateway, model, [call(index)])).byName.get('y')?.data ?? []).toString('hex');
      const alone: string[] = [];
      for (let index = 0; index < callsEach; index++) alone.push(await bytes(index));
      let wrong = 0;
      const caller = async (): Promise<void> => {
        for (let index = 0; index < callsEach; index++) if ((await bytes(index)) !== alone[index]) wrong++;
      };
      await Promise.all(Array.from({ length: callers }, caller));
      assert.equal(wrong, 0, `${wrong} of ${callers * callsEach} answers of ${model} were wrong`);
    }
    const told = mesh.events.filter((line) => line.includes('batched'));
    assert.equal(told.length, 3);
    for (const model of ['running-sum', 'centered'])
      assert.ok(
        told.some((line) => line.startsWith(`model ${model}/1 is not batched: output "y" of a row differs by `)),
      );
    assert.ok(told.some((line) => line.startsWith('model trusted/1 is batched: model.yaml says that its rows are')));

    const notes = async (model: string): Promise<readonly unknown[]> => {
      const { parameters } = await mesh.gateway.infer(
        { model, version: '', id: '', parameters: new Map([[explainParameter, true]]), inputs: [call(0)], outputs: [] },
        testContext(),
      );
      const runs = ({ kind, attributes, children }: Explanation): (typeof attributes)[] =>
        kind === 'run' ? [attributes] : children.flatMap(runs);
      const [run] = runs(JSON.parse(String(parameters.get(explanationParameter))) as Explanation);
      return [run?.['sheaf.batched'], run?.['sheaf.not_batched']];
    };
    assert.match(String((await notes('running-sum'))[1]), /^output "y" of a row differs by /);
    assert.deepEqual(await notes('own'), ['its rows are independent', undefined]);
    assert.deepEqual(await notes('trusted'), ['model.yaml says that its rows are independent', undefined]);
  });

  it('is what `sheaf check` says that it is: batched or not, and why; and what the runtime has not is found there', async () => {
    const folder = await writeFolder(files);
    const { code, stdout } = await runSheaf(['check', folder]);
    await rm(folder, { recursive: true });
    const lines = stdout.split('\n');
    assert.equal(code, 0);
    assert.match(
      lines[0] ?? '',
      /^models\/centered\/1: not batched: output "y" of a row differs by .* \(\d+ runs? in \d+ ms\)$/,
    );
    assert.match(
      lines[1] ?? '',
      /^models\/own\/1: batched: its rows are independent \(\d+ runs in \d+ ms, of up to 64 rows, equal /,
    );
    assert.match(lines[3] ?? '', /^models\/trusted\/1: batched: model.yaml says that its rows are independent \(/);
    assert.equal(lines[4], 'no mistakes: 4 models, 0 transforms, 0 pipelines, 4 services');

    const broken = await writeFolder({ ...files, 'models/odd': sampleModels.unknownOperator() });
    const found = await runSheaf(['check', broken]);
    const unread = await runSheaf(['check', broken, '--no-run']);
    await rm(broken, { recursive: true });
    assert.deepEqual([found.code, unread.code], [2, 0]);
    assert.match(found.stderr, /^models\/odd\/1: model odd\/1 does not run: .*Frobnicate/);
    assert.match(found.stderr, /\n1 model in .* cannot be served\n$/);
  });

  it('cannot be batched by word where its inputs cannot be put one below the other', async () => {
    const folder = await writeFolder({
      'models/fixed': sampleModels.scale(2, [1, 2]),
      'models/fixed/model.yaml': 'batching: { rowsIndependent: true }\n',
    });
    const { code, stderr } = await runSheaf(['check', folder]);
    await rm(folder, { recursive: true });
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^models\/fixed\/model\.yaml: batching: version 1 cannot be batched: input "x" takes exactly 1 row\n/,
    );
  });
});
