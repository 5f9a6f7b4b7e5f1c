/** Processes of a mesh that follows a registry are killed in the middle of promotes, at moments that a seed picks. SHEAF_KILLS says how many, and SHEAF_SEED which. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { move, push } from '@sheaf/follower/testing';
import { innerLimits, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { openRegistry, type Registry } from '@sheaf/registry';
import { askStatus } from '@sheaf/supervisor';
import { createRemote } from '@sheaf/transport';
import { ask, writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const kills = Number(process.env['SHEAF_KILLS'] ?? 6);
const seed = Number(process.env['SHEAF_SEED'] ?? 20_260);
const withinMs = 120_000;
/** Longer than a promote takes of a version that is not loaded yet, where the machine is not busy. */
const promoteMs = 3_000;
const callsAfter = 10;
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 1));

/** From 0 to 1, the same ones for the same seed. */
function randomOf(from: number): () => number {
  let state = from;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('a mesh whose processes are killed in the middle of promotes', { timeout: 60_000 + kills * withinMs }, () => {
  let folder: string;
  let registry: Registry;
  let up: RunningCommand;
  const start = async (): Promise<void> => {
    up = startSheaf(['up', folder, '--port', '0']);
    await waitFor(() => up.output().includes('the mesh is up'), up.output, withinMs);
  };
  before(async () => {
    folder = await writeFolder({ 'mesh.yaml': 'registry:\n' });
    registry = await openRegistry(folder);
    await start();
  });
  after(async () => {
    up.kill('SIGINT');
    await up.ended;
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Version n multiplies by n + 1. */
  const pushNext = async (last: number): Promise<number> =>
    push(registry, 'model', 'scale', { 'model.onnx': sampleModels.scale(last + 2) });
  /** Which version answered; throws where the answer is not that of the version that it names. */
  const answered = async (): Promise<number> => {
    const { limits } = (await readMesh(folder)).mesh ?? assert.fail();
    const port = /on 127\.0\.0\.1:(\d+); Ctrl-C/.exec(up.output())?.[1];
    const remote = createRemote(`127.0.0.1:${port}`, { service: 'gateway', limits: innerLimits(limits) });
    try {
      const { byName, version } = await ask(remote, 'scale', [x]);
      const { data } = byName.get('y') ?? assert.fail();
      const y = new DataView(data.buffer, data.byteOffset).getFloat32(0, true);
      wrong.push(...(y === Number(version) + 1 ? [] : [`version ${version} answered ${y}`]));
      return Number(version);
    } finally {
      remote.close();
    }
  };
  const wrong: string[] = [];
  /** Kills a process of the mesh: one of its services, its gateway, or what supervises them, which is started again. */
  const kill = async (what: 'service' | 'gateway' | 'supervisor', random: () => number): Promise<void> => {
    const status = await askStatus(folder);
    if (what === 'supervisor' || status === undefined || status === 'silent') {
      up.kill('SIGKILL');
      await up.ended;
      return start();
    }
    const [gateway, ...services] = status.processes;
    const one = what === 'gateway' ? gateway : services[Math.floor(random() * services.length)];
    if (!one) return;
    try {
      process.kill(one.pid, 'SIGKILL');
    } catch (error) {
      // It may have been replaced meanwhile.
      assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
    }
  };
  const isInForce = async (version: number): Promise<boolean> => {
    const status = await askStatus(folder);
    if (status === undefined || status === 'silent') return false;
    const isThere = status.processes.length > 0 && status.processes.every(({ isReady }) => isReady);
    const isSeen = (status.registry?.epoch ?? 0) >= (await registry.store.epoch());
    return isThere && isSeen && (await answered().catch(() => 0)) === version;
  };

  it('comes to the champion each time, and meanwhile answers by it or by the one before', async () => {
    const random = randomOf(seed);
    let newest = await pushNext(0);
    let champion = newest;
    await move(registry, 'scale', 'champion', champion);
    await waitFor(() => isInForce(champion), up.output, withinMs);
    for (let round = 0; round < kills; round++) {
      // Every other promote is of a version that is not loaded yet; between these the one before is taken back.
      const isNew = round % 2 === 0;
      const next = isNew ? await pushNext(newest) : newest - 1;
      newest = Math.max(newest, next);
      const what = (['service', 'gateway', 'supervisor'] as const)[Math.floor(round / 2) % 3] ?? 'service';
      const atMs = Math.floor(random() * (isNew ? promoteMs : 100));
      const place = `seed ${seed}, round ${round}: ${what} after ${atMs} ms, ${champion} -> ${next}`;
      let isOver = false;
      const seen = new Set<number>();
      const caller = (async () => {
        // What is killed answers nobody.
        while (!isOver)
          await answered().then(
            (version) => seen.add(version),
            () => setTimeout(20),
          );
      })();
      await move(registry, 'scale', 'champion', next);
      await setTimeout(atMs);
      await kill(what, random);
      await waitFor(
        () => isInForce(next),
        () => `${place}\n${up.output()}`,
        withinMs,
      );
      isOver = true;
      await caller;
      assert.deepEqual(
        [...seen].filter((version) => version !== champion && version !== next),
        [],
        place,
      );
      const after = await Promise.all(Array.from({ length: callsAfter }, answered));
      assert.deepEqual(new Set(after), new Set([next]), place);
      champion = next;
    }
    assert.deepEqual(wrong, []);
    const moves = (await registry.store.history('scale', { alias: 'champion', limit: 1_000 })).toReversed();
    assert.deepEqual(
      moves.map(({ from }) => from),
      [undefined, ...moves.slice(0, -1).map(({ to }) => to)],
    );
    assert.equal(moves.length, kills + 1);
    assert.equal(await registry.store.verifyAudit(), undefined);
  });
});
