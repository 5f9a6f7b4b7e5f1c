/** Batches that run by themselves, with real processes: what begins them is in apps/worker/src/own-batches. */
import assert from 'node:assert/strict';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type BatchRecord, openWork } from '@sheaf/jobs';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { type Files, startTestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const batch = (collection: string, when: string): string =>
  `pipeline: double\ncollection: ${collection}\ninput: { path: rows.csv }\nkey: key\ntensors: { x: [a, b] }\n${when}\n`;
const files: Files = {
  'models/double': sampleModels.scale(2),
  'mesh.yaml': 'jobs: { workers: 2 }\n',
  'rows.csv': 'key,a,b\nk,1,2\n',
  'batches/daily.yaml': batch('daily', 'schedule: { cron: 0 0 * * * }'),
  'batches/promoted.yaml': batch('promoted', 'onPromotion: true'),
};

describe('a mesh whose batches run by themselves', () => {
  it('starts its workers, and begins one for what was missed and one for each version, though workers are killed', async () => {
    const twoDaysAgo = Date.now() / 1_000 - 2 * 86_400;
    await using mesh = await startTestMesh(files, (folder) =>
      utimes(join(folder, 'batches/daily.yaml'), twoDaysAgo, twoDaysAgo),
    );
    const { folder } = mesh.mesh;
    await waitFor(() => mesh.running.workers.length === 2);
    const work = await openWork(folder);
    await using _ = { [Symbol.asyncDispose]: () => work.close() };
    const done = async (collection: string): Promise<readonly BatchRecord[]> =>
      (await work.batches.list({ collection })).filter(({ state }) => state === 'succeeded');
    await waitFor(async () => (await done('daily')).length > 0 && (await done('promoted')).length === 1);

    const killed = mesh.running.workers.map(({ pid }) => pid);
    for (const pid of killed) process.kill(pid ?? 0, 'SIGKILL');
    await mkdir(join(folder, 'models/double/2'));
    await writeFile(join(folder, 'models/double/2/model.onnx'), sampleModels.scale(3));
    const { mesh: next } = await readMesh(folder, { before: mesh.mesh });
    assert.ok(next);
    await mesh.running.update(next);
    await waitFor(async () => (await done('promoted')).length === 2);

    // At midnight there may be one more, of a time of its own.
    const all = await work.batches.list({});
    const keys = all.map(({ idempotencyKey }) => idempotencyKey);
    assert.equal(new Set(keys).size, all.length);
    assert.deepEqual(
      keys.filter((key) => key?.startsWith('promotion:')),
      ['promotion:promoted:2', 'promotion:promoted:1'],
    );
    const current = await work.predictions.get('promoted', ['k']);
    assert.equal(current?.predictions.length, 1);
    assert.equal((await work.predictions.current('promoted'))?.number, 2);
  });
});
