import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type InferErrorCode, type Tensor, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, type Files, startTestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const count = (iterations: number): Tensor => tensorOf('x', 'INT64', [], BigInt64Array.of(BigInt(iterations)));
/** Longer than any test waits. */
const endless = count(2 ** 40);
const spin = `import { defineTransform } from '@sheaf/inference';
const scalar = { datatype: 'INT64', shape: [] } as const;
export default defineTransform({ inputs: { x: scalar }, outputs: { y: scalar } }, ({ x }) => {
  while (x.data[0] === 1n) {}
  return { y: x };
});
`;
const files: Files = {
  'models/slow': sampleModels.slowLoop(),
  'models/slow/model.yaml': 'runLimitMs: 1500\n',
  'models/quick': sampleModels.scale(2),
  'spin.ts': spin,
  'pipelines/spins.yaml':
    'pipeline: spins\ninputs: { x: { datatype: INT64, shape: [] } }\nstages:\n  spin: { transform: ./spin.ts, inputs: { x: x } }\noutputs: { y: spin.y }\n',
};
const quick = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

const fails = (code: InferErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof InferError);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

describe('a mesh under faults', () => {
  it('answers at the deadline, whatever the model does', async () => {
    await using mesh = await startTestMesh({ ...files, 'models/slow/model.yaml': 'runLimitMs: 60000\n' });
    const ends: string[] = [];
    const late = assert.rejects(
      ask(mesh.gateway, 'slow', [count(3_000_000)], { timeoutMs: 300 }).finally(() => ends.push('late')),
      fails('DEADLINE_EXCEEDED', /./),
    );
    // It waits for the one worker, which goes on with the run of the other.
    await ask(mesh.gateway, 'slow', [count(1)], { timeoutMs: 60_000 }).finally(() => ends.push('next'));
    await late;
    assert.deepEqual(ends, ['late', 'next']);
  });

  it('starts no run for a caller that has left', async () => {
    await using mesh = await startTestMesh({ ...files, 'models/slow/model.yaml': 'runLimitMs: 60000\n' });
    const occupied = ask(mesh.gateway, 'slow', [count(400_000)], { timeoutMs: 30_000 });
    const controller = new AbortController();
    // Behind the first in the queue of the one worker: if it ran, the third would have to wait for it until its deadline.
    const cancelled = ask(mesh.gateway, 'slow', [endless], { timeoutMs: 30_000, signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(cancelled, fails('CANCELLED', /./));
    await occupied;
    await ask(mesh.gateway, 'slow', [count(1)], { timeoutMs: 30_000 });
  });

  it('answers at once who cancels a run that goes on, and does not mind who cancels too late', async () => {
    await using mesh = await startTestMesh({ ...files, 'models/slow/model.yaml': 'runLimitMs: 60000\n' });
    const controller = new AbortController();
    const running = ask(mesh.gateway, 'slow', [count(3_000_000)], { timeoutMs: 30_000, signal: controller.signal });
    setTimeout(() => controller.abort(), 200);
    await assert.rejects(running, fails('CANCELLED', /./));
    const answered = new AbortController();
    await ask(mesh.gateway, 'quick', [quick], { signal: answered.signal });
    answered.abort();
    await ask(mesh.gateway, 'quick', [quick]);
    await ask(mesh.gateway, 'slow', [count(1)], { timeoutMs: 30_000 });
  });

  it('ends a model that passes its run limit with its process, never retries it, and serves it again', async () => {
    await using mesh = await startTestMesh(files);
    const slow = mesh.running.services.find(({ name }) => name === 'slow');
    const pid = slow?.pid;
    const stuck = ask(mesh.gateway, 'slow', [endless], { timeoutMs: 20_000 });
    await assert.rejects(
      stuck,
      (error) =>
        fails('INTERNAL', /longer than its limit of 1500 ms/)(error) && (error as InferError).retryAfterMs === -1,
    );
    await ask(mesh.gateway, 'quick', [quick]);
    await waitFor(() => slow?.pid !== pid);
    await waitFor(() =>
      ask(mesh.gateway, 'slow', [count(1)]).then(
        () => true,
        () => false,
      ),
    );
  });

  it('ends a transform that loops, and its service keeps its process', async () => {
    await using mesh = await startTestMesh(files);
    const pids = mesh.running.services.map(({ pid }) => pid);
    await assert.rejects(
      ask(mesh.gateway, 'spins', [count(1)], { timeoutMs: 20_000 }),
      fails('INTERNAL', /stage spin: .*longer than its limit of 5000 ms/),
    );
    await ask(mesh.gateway, 'spins', [count(2)]);
    assert.deepEqual(
      mesh.running.services.map(({ pid }) => pid),
      pids,
    );
  });

  it('finishes what is in flight when it is told to stop', async () => {
    const mesh = await startTestMesh({ ...files, 'models/slow/model.yaml': 'runLimitMs: 60000\n' });
    const inFlight = ask(mesh.gateway, 'slow', [count(300_000)], { timeoutMs: 60_000 });
    await ask(mesh.gateway, 'quick', [quick]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [answer] = await Promise.all([inFlight, mesh.running.stop()]);
    assert.equal(answer.version, '1');
    await mesh[Symbol.asyncDispose]();
  });
});
