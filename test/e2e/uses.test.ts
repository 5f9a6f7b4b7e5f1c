import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type Elements,
  elements,
  explainParameter,
  explanationParameter,
  InferError,
  parseExplanation,
  tensorOf,
} from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh, type TestMesh, testContext, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

/** Doubles until the first number is past 100, by asking a model; what it does when that fails is up to `mode`. */
const searching = (uses: string) => `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, uses: ${uses} }, async ({ x }, context) => {
  let { shape, data } = x;
  if (data[0] === -1) await context.infer('secret', { x: { datatype: 'FP32', shape, data } });
  if (data[0] === -2) {
    const told = await context.infer('double', { wrong: { datatype: 'FP32', shape, data } }).catch((error) => error.message);
    return { y: { shape: [1, 2], data: Float32Array.of(String(told).includes('no input "wrong"') ? 1 : 0, 0) } };
  }
  if (data[0] === -3) await context.infer('double', { x: { datatype: 'FP32', shape: [1, 3], data: new Float32Array(3) } });
  while (data[0] < 100) {
    const { y } = await context.infer('quadruple', { x: { datatype: 'FP32', shape, data } }, ['y']);
    if (y.datatype !== 'FP32') throw new Error('not a float');
    ({ shape, data } = y);
  }
  return { y: { shape, data } };
});
`;
const pipeline = (name: string, stages: string) => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages: ${stages}
outputs: { y: last.y }
`;
const files = {
  'models/double': sampleModels.scale(2),
  'models/secret': sampleModels.scale(3),
  'pipelines/quadruple.yaml': pipeline(
    'quadruple',
    '{ once: { model: double, inputs: { x: x } }, last: { model: double, inputs: { x: once.y } } }',
  ),
  'pipelines/search.yaml': pipeline('search', '{ last: { transform: ./seek.ts, inputs: { x: x } } }'),
  'seek.ts': searching("['quadruple', 'double']"),
};
const x = (...values: number[]) => tensorOf('x', 'FP32', [values.length / 2, 2], Float32Array.from(values));
const values = (tensor: { datatype: string } | undefined) => Array.from(elements(tensor as never) as Elements['FP32']);

describe('a transform that infers', () => {
  let mesh: TestMesh;
  before(async () => {
    mesh = await startTestMesh(files);
  });
  after(() => mesh[Symbol.asyncDispose]());

  it('asks other pipelines and models of the mesh', async () => {
    const { byName } = await ask(mesh.gateway, 'search', [x(3, 1)]);
    assert.deepEqual(values(byName.get('y')), [192, 64]);
  });

  it('is one trace with what it asks', async () => {
    const context = testContext();
    const parameters = new Map([[explainParameter, true]]);
    const request = { model: 'search', version: '', id: '', parameters, inputs: [x(30, 1)], outputs: [] };
    const response = await mesh.gateway.infer(request, context);
    const lines: string[] = [];
    const walk = (node: ReturnType<typeof parseExplanation>, depth: number): void => {
      if (!node) return;
      lines.push(`${'  '.repeat(depth)}${node.kind} ${node.name}`);
      for (const child of node.children) walk(child, depth + 1);
    };
    walk(parseExplanation(response.parameters.get(explanationParameter)), 0);
    const tree = lines.join('\n');
    assert.match(
      tree,
      /stage last\n {4}try seek\n {6}request seek ModelInfer\n {8}queue seek\/1\n {8}run seek\/1\n {10}try gateway\n {12}request gateway ModelInfer\n {14}stage once\n/,
    );
  });

  it('may catch what fails; what it does not catch is its own failure, named', async () => {
    const { byName } = await ask(mesh.gateway, 'search', [x(-2, 0)]);
    assert.deepEqual(values(byName.get('y')), [1, 0]);
    await assert.rejects(ask(mesh.gateway, 'search', [x(-3, 0)]), (error) => {
      assert.ok(error instanceof InferError);
      assert.match(error.message, /stage last: .*double: .*x/);
      return true;
    });
  });

  it('may ask nobody that it does not declare', async () => {
    await assert.rejects(ask(mesh.gateway, 'search', [x(-1, 0)]), {
      code: 'INTERNAL',
      message: /transform seek threw an error/,
    });
  });

  it('ends with the deadline of its call', async () => {
    // Doubling 0 never ends.
    await assert.rejects(ask(mesh.gateway, 'search', [x(0, 0)], { timeoutMs: 300 }), { code: 'DEADLINE_EXCEEDED' });
    // The worker is free again: its questions failed with the call, so it ended too.
    const { byName } = await ask(mesh.gateway, 'search', [x(50, 0)]);
    assert.deepEqual(values(byName.get('y')), [200, 0]);
  });

  it('finds the gateway again when that was replaced', async () => {
    const { pid } = mesh.running.gateway;
    process.kill(pid, 'SIGKILL');
    let answered: number[] = [];
    await waitFor(
      async () => {
        answered = await ask(mesh.gateway, 'search', [x(26, 1)], { timeoutMs: 1_000 }).then(
          ({ byName }) => values(byName.get('y')),
          () => [],
        );
        return answered.length > 0;
      },
      () => 'no answer',
    );
    assert.deepEqual(answered, [104, 4]);
    assert.notEqual(mesh.running.gateway.pid, pid);
  });
});

describe('what a transform uses', () => {
  const check = async (changes: Readonly<Record<string, string>>): Promise<string> => {
    const folder = await writeFolder({ ...files, ...changes });
    const { stderr } = await runSheaf(['check', folder]);
    await rm(folder, { recursive: true });
    return stderr.split('\n').slice(0, -2).join('\n');
  };

  it('has to be there, and not lead back to it', async () => {
    assert.equal(
      await check({ 'seek.ts': searching("['quadruple', 'nobody']") }),
      './seek.ts: uses: there is no model or pipeline "nobody"',
    );
    assert.equal(
      await check({ 'seek.ts': searching("['search']") }),
      './seek.ts: uses: it asks itself: ./seek.ts -> search/1 -> ./seek.ts',
    );
  });

  it('is kept by an update while calls are under way', async () => {
    const mesh = await startTestMesh(files);
    try {
      const calls = Array.from({ length: 20 }, () => ask(mesh.gateway, 'search', [x(3, 1)]));
      const changed = await readFile(join(mesh.mesh.folder, 'pipelines/quadruple.yaml'), 'utf8');
      await writeFile(
        join(mesh.mesh.folder, 'pipelines/quadruple.yaml'),
        changed.replace('last: { model: double', 'last: { model: secret'),
      );
      const { mesh: next } = await readMesh(mesh.mesh.folder);
      assert.ok(next);
      await mesh.running.update(next);
      // Each of them doubled and doubled again, or doubled and tripled, but never both in one call: 3 x 4^3, or 3 x 6^2.
      for (const { byName } of await Promise.all(calls))
        assert.ok([192, 108].includes(values(byName.get('y'))[0] ?? 0), String(values(byName.get('y'))));
      const { byName } = await ask(mesh.gateway, 'search', [x(3, 1)]);
      assert.deepEqual(values(byName.get('y')), [108, 36]);
    } finally {
      await mesh[Symbol.asyncDispose]();
    }
  });
});
