import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, requestDigest, type Tensor, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, type Files, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const count = (iterations: number): Tensor => tensorOf('x', 'INT64', [], BigInt64Array.of(BigInt(iterations)));
/** Longer than any test waits. */
const endless = count(2 ** 40);
const files: Files = {
  'models/slow': sampleModels.slowLoop(),
  'models/slow/model.yaml': 'runLimitMs: 1000\n',
  'models/quick': sampleModels.scale(2),
  'pipelines/loops.yaml':
    'pipeline: loops\ninputs: { x: { datatype: INT64, shape: [] } }\nstages:\n  loop: { model: slow, inputs: { x: x } }\noutputs: { y: loop.y }\n',
};
const quick = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

const endsOf = ({ events }: TestMesh): number => events.filter((line) => /^slow\S* .*starts? again/.test(line)).length;
const isBack = (mesh: TestMesh) => (): Promise<boolean> =>
  ask(mesh.gateway, 'slow', [count(1)]).then(
    () => true,
    () => false,
  );
async function refusalOf(asked: Promise<unknown>): Promise<InferError> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof InferError, 'it was answered');
  return error;
}

describe('a request that no run can end', () => {
  it('ends one process, and is then refused at once, also in a pipeline, while others are answered', async () => {
    await using mesh = await startTestMesh(files);
    const first = await refusalOf(ask(mesh.gateway, 'slow', [endless], { timeoutMs: 20_000 }));
    assert.deepEqual([first.code, first.reason, first.retryAfterMs], ['INTERNAL', 'RUN_LIMIT_EXCEEDED', -1]);
    await ask(mesh.gateway, 'quick', [quick]);
    for (const name of ['slow', 'loops', 'slow']) {
      const refused = await refusalOf(ask(mesh.gateway, name, [endless], { timeoutMs: 20_000 }));
      const { code, reason, retryAfterMs, metadata } = refused;
      assert.deepEqual([code, reason, retryAfterMs], ['FAILED_PRECONDITION', 'REQUEST_QUARANTINED', -1]);
      assert.deepEqual([metadata['model'], metadata['version']], ['slow', '1']);
    }
    await waitFor(isBack(mesh));
    assert.equal(endsOf(mesh), 1, mesh.events.join('\n'));

    const admin = async (...args: string[]) => {
      const address = `127.0.0.1:${mesh.running.gateway.port}`;
      const { code, stdout, stderr } = await runSheaf(['admin', 'quarantine', ...args, '--address', address]);
      return code === 0 ? stdout : stderr;
    };
    const [kept] = JSON.parse(await admin('--json'));
    assert.deepEqual([kept.model, kept.version, kept.refused], ['slow', '1', true]);
    assert.equal(kept.digest, requestDigest('slow', '1', [endless]));
    assert.ok(Math.abs(kept.untilMs - Date.now() - 600_000) < 60_000);
    assert.match(await admin(), /^slow\/1 +[0-9a-f]{64} +refused +\S+$/m);
    assert.match(await admin('--clear', '0'.repeat(64)), /^digest: want one that is listed, got "0+"/);
    assert.equal(await admin('--clear', kept.digest), '1 let go\n');
    assert.equal(await admin(), 'nothing is in quarantine\n');
    assert.equal(await admin('--clear', 'all'), '0 let go\n');
  });

  it('is known also when its caller has left before the limit was passed', async () => {
    await using mesh = await startTestMesh(files);
    // On a machine that is busy the time of a call may be over before it is run.
    await waitFor(async () => {
      if (endsOf(mesh) === 0) {
        const left = await refusalOf(ask(mesh.gateway, 'slow', [endless], { timeoutMs: 500 }));
        assert.notEqual(left.reason, 'RUN_LIMIT_EXCEEDED');
      }
      return endsOf(mesh) === 1;
    });
    const refused = await refusalOf(ask(mesh.gateway, 'slow', [endless], { timeoutMs: 20_000 }));
    assert.equal(refused.reason, 'REQUEST_QUARANTINED');
    await waitFor(isBack(mesh));
    assert.equal(endsOf(mesh), 1, mesh.events.join('\n'));
  });

  it('ends a process each time where the quarantine is switched off', async () => {
    await using mesh = await startTestMesh({ ...files, 'mesh.yaml': 'resilience: { quarantine: false }\n' });
    for (const ends of [1, 2]) {
      const refused = await refusalOf(ask(mesh.gateway, 'slow', [endless], { timeoutMs: 20_000 }));
      assert.equal(refused.reason, 'RUN_LIMIT_EXCEEDED');
      await waitFor(isBack(mesh));
      assert.equal(endsOf(mesh), ends, mesh.events.join('\n'));
    }
  });
});

describe('a process that was stopped for a while', () => {
  it('goes on with its run, which is not taken to be past its limit', async (t) => {
    await using mesh = await startTestMesh({ ...files, 'models/slow/model.yaml': 'runLimitMs: 3000\n' });
    const timed = async (iterations: number): Promise<number> => {
      const startedAt = performance.now();
      await ask(mesh.gateway, 'slow', [count(iterations)], { timeoutMs: 20_000 });
      return performance.now() - startedAt;
    };
    const oneMs = 50_000 / (await timed(50_000));
    const running = timed(Math.round(800 * oneMs));
    await new Promise((resolve) => setTimeout(resolve, 150));
    const pid = mesh.running.services.find(({ name }) => name === 'slow')?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    process.kill(pid, 'SIGCONT');
    const tookMs = await running;
    t.diagnostic(`answered after ${Math.round(tookMs)} ms`);
    assert.ok(tookMs > 5_000, 'it was answered before it was stopped');
    assert.equal(endsOf(mesh), 0, mesh.events.join('\n'));
  });
});
