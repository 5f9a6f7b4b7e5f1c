import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InferError, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, type Files, startTestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const meshYaml = (replicas: number): string => `services:\n  pairs: { models: [pair, slow], replicas: ${replicas} }\n`;
const files: Files = {
  'models/pair': sampleModels.scale(2),
  'models/slow': sampleModels.slowLoop(),
  'mesh.yaml': meshYaml(2),
};
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

/** Calls without a pause, eight at a time, until it is told to stop; answers how many went well, and the errors of the others. */
function startLoad(work: () => Promise<unknown>) {
  const counts = { answered: 0, errors: [] as InferError[] };
  let going = true;
  const loop = async (): Promise<void> => {
    while (going)
      await work().then(
        () => counts.answered++,
        (error) => counts.errors.push(error),
      );
  };
  const loops = Promise.all(Array.from({ length: 8 }, loop));
  return {
    counts,
    stop: async () => {
      going = false;
      await loops;
      return counts;
    },
  };
}

describe('a service with replicas', () => {
  it('runs long calls side by side, each on a process that has none', async () => {
    await using mesh = await startTestMesh(files);
    assert.deepEqual(
      mesh.running.services.map(({ name }) => name),
      ['pairs-1', 'pairs-2'],
    );
    const count = tensorOf('x', 'INT64', [], BigInt64Array.of(500_000n));
    const ends: string[] = [];
    const long = ask(mesh.gateway, 'slow', [count], { timeoutMs: 30_000 }).then(() => ends.push('long'));
    // One worker each: behind the long call these would have to wait for it.
    for (let calls = 0; calls < 5; calls++)
      await ask(mesh.gateway, 'slow', [tensorOf('x', 'INT64', [], BigInt64Array.of(1n))]);
    ends.push('short');
    await long;
    assert.deepEqual(ends, ['short', 'long']);
  });

  it('loses no call when replicas come and go under load', async () => {
    await using mesh = await startTestMesh(files);
    const load = startLoad(() => ask(mesh.gateway, 'pair', [x]));
    const stats = load.counts;
    for (const replicas of [3, 1, 2]) {
      await writeFile(join(mesh.mesh.folder, 'mesh.yaml'), meshYaml(replicas));
      const { mesh: next } = await readMesh(mesh.mesh.folder);
      assert.ok(next);
      assert.equal(await mesh.running.update(next), true);
      assert.equal(mesh.running.services.length, replicas);
      const seen = stats.answered;
      await waitFor(() => stats.answered > seen + 50);
    }
    const { errors } = await load.stop();
    assert.deepEqual(
      errors.map(({ message }) => message),
      [],
    );
  });

  it('answers on when one is killed: only what it had begun is lost, and it comes back', async () => {
    await using mesh = await startTestMesh(files);
    const load = startLoad(() => ask(mesh.gateway, 'pair', [x]));
    const { counts } = load;
    await waitFor(() => counts.answered > 50);
    const victim = mesh.running.services[0];
    const pid = victim?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    const seen = counts.answered;
    await waitFor(() => counts.answered > seen + 200);
    await waitFor(() => mesh.events.some((line) => line.startsWith('pairs-1 is ready again')));
    const { errors } = await load.stop();
    // At most those that were open on the one that died.
    assert.ok(errors.length <= 8, `${errors.length} calls failed`);
    assert.ok(errors.every((error) => error instanceof InferError && error.progress === 'lost'));
  });

  it('answers on when one stands still: no call outlives its deadline, and soon none goes there', async () => {
    await using mesh = await startTestMesh(files);
    const timeoutMs = 1_000;
    let slowestMs = 0;
    const load = startLoad(async () => {
      const startedAt = performance.now();
      await ask(mesh.gateway, 'pair', [x], { timeoutMs }).finally(() => {
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      });
    });
    const { counts } = load;
    await waitFor(() => counts.answered > 50);
    const pid = mesh.running.services[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      await waitFor(
        () => counts.errors.length > 0,
        () => 'it was never asked',
      );
      // Its streams are given up after 5 s of silence and 3 s without an answer to a ping; as long as calls go there, none of 500 is without an error.
      let [seen, failed] = [counts.answered, counts.errors.length];
      await waitFor(
        () => {
          if (counts.errors.length !== failed) [seen, failed] = [counts.answered, counts.errors.length];
          return counts.answered > seen + 500;
        },
        () => `${counts.errors.length} calls went on to the one that stands still`,
      );
    } finally {
      process.kill(pid, 'SIGCONT');
      await load.stop();
    }
    const { errors } = counts;
    assert.ok(
      errors.every(({ code }) => code === 'DEADLINE_EXCEEDED' || code === 'UNAVAILABLE'),
      errors.map(({ message }) => message).join(),
    );
    // Whoever waits for the one that stands still waits for 8 s.
    assert.ok(slowestMs < timeoutMs + 4_000, `a call took ${slowestMs} ms`);
  });
});
