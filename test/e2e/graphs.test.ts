import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elements, InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, type Files, startTestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const page = tensorOf('x', 'FP32', [2, 2], Float32Array.of(1, 2, 3, 4));
const numbers = (tensor: Tensor | undefined): number[] =>
  tensor ? Array.from(elements({ ...tensor, datatype: 'FP32' })) : [];

const inputs = 'inputs: { x: { datatype: FP32, shape: [-1, 2] } }';
const chain = `pipeline: chain
${inputs}
stages:
  first: { model: double, inputs: { x: x } }
  second: { model: triple, inputs: { x: first.y } }
  third: { transform: ./plus-one.ts, inputs: { x: second.y } }
outputs: { y: third.y }
`;
const plusOne = `import { defineTransform } from '@sheaf/inference';
const tensor = { datatype: 'FP32', shape: [-1, 2] } as const;
export default defineTransform({ inputs: { x: tensor }, outputs: { y: tensor } }, ({ x }) => ({ y: { shape: x.shape, data: x.data.map((v) => v + 1) } }));
`;
const diamond = `pipeline: diamond
${inputs}
stages:
  left: { model: double, inputs: { x: x } }
  right: { model: triple, inputs: { x: x } }
  join: { model: sum, inputs: { a: left.y, b: right.y } }
outputs: { y: join.y, left: left.y }
`;
const ensemble = `pipeline: vote
${inputs}
stages:
  read:
    ensemble: { one: { model: low }, two: { model: high }, three: { model: high, version: 1 } }
    inputs: { x: x }
    combine: { soft-vote: probabilities }
outputs: { label: read.label, score: read.score }
`;
const files: Files = {
  'models/double': sampleModels.scale(2),
  'models/triple': sampleModels.scale(3),
  'models/sum': sampleModels.add(),
  'models/low': sampleModels.classifier([1, 0]),
  'models/high': sampleModels.classifier([0, 1]),
  'plus-one.ts': plusOne,
  'pipelines/chain.yaml': chain,
  'pipelines/diamond.yaml': diamond,
  'pipelines/vote.yaml': ensemble,
};

describe('a mesh of real processes', () => {
  it('runs a chain, a diamond and an ensemble, two of which share a model, each service a process of its own', async () => {
    await using mesh = await startTestMesh(files);

    const chained = await ask(mesh.gateway, 'chain', [page]);
    assert.deepEqual(numbers(chained.byName.get('y')), [7, 13, 19, 25]);
    assert.equal(chained.parameters.get('sheaf_versions'), 'first=double/1, second=triple/1, third=plus-one/1');

    const joined = await ask(mesh.gateway, 'diamond', [page], { outputs: ['y'] });
    assert.deepEqual(
      joined.outputs.map(({ name }) => name),
      ['y'],
    );
    assert.deepEqual(numbers(joined.byName.get('y')), [5, 10, 15, 20]);

    const voted = await ask(mesh.gateway, 'vote', [tensorOf('x', 'FP32', [1, 2], Float32Array.of(0, 0))]);
    const score = numbers(voted.byName.get('score'));
    assert.ok(Math.abs((score[0] ?? 0) - 2 / 3) < 1e-6);

    const pids = new Set([mesh.running.gateway.pid, ...mesh.running.services.map(({ pid }) => pid)]);
    assert.equal(pids.size, 1 + 6);
  });

  it('serves versions of a pipeline side by side, the newest unless one is named; a rule hands calls to another', async () => {
    const next = `pipeline: diamond
version: 2
${inputs}
stages: { only: { model: triple, inputs: { x: x } } }
outputs: { y: only.y, left: only.y }
rules:
  before: [{ name: large-ones, when: 'inputs.x.size > 2', reroute: diamond/1 }]
`;
    await using mesh = await startTestMesh({ ...files, 'pipelines/diamond-2.yaml': next });
    const small = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));
    const told = async (input: Tensor, version: string): Promise<unknown> => {
      const answer = await ask(mesh.gateway, 'diamond', [input], { version, outputs: ['y'] });
      return [answer.version, numbers(answer.byName.get('y')), answer.parameters.get('sheaf_rerouted')];
    };
    assert.deepEqual(await told(small, ''), ['2', [3, 6], undefined]);
    assert.deepEqual(await told(small, '1'), ['1', [5, 10], undefined]);
    assert.deepEqual(await told(page, '2'), ['1', [5, 10, 15, 20], 'diamond/2 -> diamond/1']);
    assert.deepEqual((await mesh.gateway.describe('diamond', '', 1000)).versions, ['2', '1']);
    await assert.rejects(
      ask(mesh.gateway, 'diamond', [small], { version: '3' }),
      /"diamond" has no version 3; it has 2, 1/,
    );
  });

  it('serves single models beside pipelines, and says what each name takes and gives', async () => {
    await using mesh = await startTestMesh(files);
    assert.deepEqual(numbers((await ask(mesh.gateway, 'double', [page])).byName.get('y')), [2, 4, 6, 8]);
    const description = await mesh.gateway.describe('diamond', '', 1000);
    assert.deepEqual(description.outputs, [
      { name: 'y', datatype: 'FP32', shape: [-1, 2] },
      { name: 'left', datatype: 'FP32', shape: [-1, 2] },
    ]);
    assert.equal(description.platform, 'sheaf_pipeline');
  });

  it('answers at once, naming the stage, while a service is down, serves the others, and the service comes back', async () => {
    await using mesh = await startTestMesh(files);
    const triple = mesh.running.services.find(({ name }) => name === 'triple');
    assert.ok(triple);
    const { pid } = triple;
    const load = startLoad(() => ask(mesh.gateway, 'double', [page]));
    process.kill(pid, 'SIGKILL');
    const startedAt = performance.now();
    const refused = await firstFailure(() => ask(mesh.gateway, 'diamond', [page], { timeoutMs: 60_000 }));
    // Long before its deadline.
    assert.ok(performance.now() - startedAt < 30_000);
    assert.equal(refused.code, 'UNAVAILABLE');
    assert.match(refused.message, /stage right: service triple cannot be reached/);
    assert.deepEqual(numbers((await ask(mesh.gateway, 'double', [page])).byName.get('y')), [2, 4, 6, 8]);
    await waitFor(() => triple.pid !== pid);
    await waitFor(() =>
      ask(mesh.gateway, 'diamond', [page]).then(
        () => true,
        () => false,
      ),
    );
    const { answered, failed } = await load.stop();
    assert.equal(failed, 0);
    assert.ok(answered > 50, `only ${answered} calls were answered`);
  });
});

async function firstFailure(work: () => Promise<unknown>): Promise<InferError> {
  let failure: InferError | undefined;
  await waitFor(async () => {
    await work().catch((error) => {
      if (!(error instanceof InferError)) throw error;
      failure = error;
    });
    return failure !== undefined;
  });
  assert.ok(failure);
  return failure;
}

/** Calls without a pause, four at a time, until it is told to stop. */
function startLoad(work: () => Promise<unknown>) {
  const counts = { answered: 0, failed: 0 };
  let going = true;
  const loop = async (): Promise<void> => {
    while (going) {
      await work().then(
        () => counts.answered++,
        () => counts.failed++,
      );
    }
  };
  const loops = Promise.all([loop(), loop(), loop(), loop()]);
  return {
    stop: async () => {
      going = false;
      await loops;
      return counts;
    },
  };
}
