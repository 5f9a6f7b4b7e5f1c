/** Gateways are killed in the middle of a rollout, at moments that a seed picks, in a mesh that serves what its registry says. SHEAF_KILLS says how many, and SHEAF_SEED which. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { move, push } from '@sheaf/follower/testing';
import { defaultLimits, elements, type InferError, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { openRegistry, type Registry, rolloutStoreOf } from '@sheaf/registry';
import { newState, type Rollout, stageOf, sumEvidence } from '@sheaf/rollout';
import { askStatus, freePort } from '@sheaf/supervisor';
import { createRemote, type Remote } from '@sheaf/transport';
import { ask, writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const kills = Number(process.env['SHEAF_KILLS'] ?? 3);
const seed = Number(process.env['SHEAF_SEED'] ?? 20_261);
const withinMs = 120_000;
/** A step takes longer than it takes to kill in it. */
const stepMs = 2_000;
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

/** From 0 to 1, the same ones for the same seed. */
function randomOf(from: number): () => number {
  let state = from;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Versions 1 and 2 multiply by 10 and 20; 1 is the champion. Each step of the rollout is for one kill. */
describe('a rollout whose gateways are killed', { timeout: 120_000 + kills * withinMs }, () => {
  let folder: string;
  let registry: Registry;
  let up: RunningCommand;
  let gateways: readonly Remote[] = [];
  before(async () => {
    folder = await writeFolder({ 'mesh.yaml': 'gateway: { replicas: 2 }\n' });
    registry = await openRegistry(folder);
    for (const factor of [10, 20]) await push(registry, 'model', 'scale', { 'model.onnx': sampleModels.scale(factor) });
    await move(registry, 'scale', 'champion', 1);
    const port = await freePort();
    up = startSheaf(['up', folder, '--model-control', 'registry', '--port', String(port)]);
    await waitFor(() => up.output().includes('the mesh is up'), up.output, withinMs);
    gateways = [port, port + 1].map((own) =>
      createRemote(`127.0.0.1:${own}`, { service: 'gateway', limits: defaultLimits }),
    );
  });
  after(async () => {
    for (const gateway of gateways) gateway.close();
    up.kill('SIGINT');
    await up.ended;
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  const begin = async (): Promise<() => Promise<Rollout>> => {
    const store = rolloutStoreOf(registry.store);
    const added = await store.add({
      ...{ kind: 'model', name: 'scale', revision: 1, by: 'test', createdAtMs: Date.now() },
      plan: {
        champion: '1',
        arms: [{ version: '2', weight: 1 }],
        sticky: { kind: 'random' },
        steps: Array.from({ length: kills }, () => ({ percent: 50, waitMs: stepMs, callsMin: 20 })),
        guards: { agreement: { min: 0.5 } },
        falseAlarmMax: 0.05,
      },
      state: newState(Date.now()),
    });
    return async () => (await store.get(added?.id ?? '')) as Rollout;
  };

  /** Asks both gateways; `stop` resolves with what was told. */
  const drive = () => {
    const told = { sent: 0, versions: [] as string[], wrong: [] as string[] };
    let isOver = false;
    const callers = gateways.map(async (gateway) => {
      while (!isOver) {
        told.sent++;
        await ask(gateway, 'scale', [x], { timeoutMs: 10_000 }).then(
          ({ byName, version }) => {
            const y = byName.get('y');
            const value = y && elements({ ...y, datatype: 'FP32' as const })[0];
            if (value !== Number(version) * 10) told.wrong.push(`version ${version} answered ${value}`);
            told.versions.push(version);
          },
          // One that was killed answers nobody.
          ({ code, message }: InferError) =>
            code === 'UNAVAILABLE' ? setTimeout(20) : void told.wrong.push(`${code}: ${message}`),
        );
      }
    });
    const stop = async () => {
      isOver = true;
      await Promise.all(callers);
      return told;
    };
    return { told, stop };
  };

  const isWhole = async (): Promise<boolean> => {
    const status = await askStatus(folder);
    return typeof status === 'object' && status.processes.every(({ isReady }) => isReady);
  };
  const killOne = async (random: () => number): Promise<void> => {
    await waitFor(isWhole, up.output, withinMs);
    const status = await askStatus(folder);
    const processes = typeof status === 'object' ? status.processes.filter(({ name }) => /^gateway-/.test(name)) : [];
    const { pid } = processes[Math.floor(random() * processes.length)] ?? assert.fail(up.output());
    process.kill(pid, 'SIGKILL');
  };

  it('goes on, answers nothing wrong, and counts no call twice', async () => {
    const random = randomOf(seed);
    const rollout = await begin();
    const { told, stop } = drive();
    /** By period, the most calls that were reported of it. */
    const counted = new Map<number, number>();
    const look = async (): Promise<Rollout> => {
      const now = await rollout();
      const { arms } = sumEvidence(await rolloutStoreOf(registry.store).reportsOf(now.id, now.state.period));
      const calls = Object.values(arms).reduce((sum, arm) => sum + arm.calls, 0);
      counted.set(now.state.period, Math.max(counted.get(now.state.period) ?? 0, calls));
      return now;
    };
    const place = (): string => `seed ${seed}\n${up.output()}`;
    for (let step = 0; step < kills; step++) {
      const isIn = async (): Promise<boolean> => {
        const stage = stageOf((await look()).state);
        return stage?.kind === 'canary' && stage.step >= step;
      };
      await waitFor(isIn, place, withinMs);
      await setTimeout(random() * stepMs);
      await killOne(random);
    }
    await waitFor(async () => (await look()).state.phase.kind === 'promoted', place, withinMs);
    await waitFor(isWhole, place, withinMs);
    await waitFor(() => up.output().includes('scale: champion is version 2 now'), place, withinMs);
    const before = told.versions.length;
    await waitFor(() => new Set(told.versions.slice(-40)).size === 1 && told.versions.length >= before + 40, place);
    const { sent, versions, wrong } = await stop();
    assert.deepEqual(wrong, [], place());
    assert.deepEqual([...new Set(versions)].toSorted(), ['1', '2']);
    assert.equal(versions.at(-1), '2');
    const calls = [...counted.values()].reduce((sum, own) => sum + own, 0);
    assert.ok(calls > 0 && calls <= sent, `${calls} calls counted, ${sent} sent`);
    const { changes } = (await rollout()).state;
    const steps = Array.from({ length: kills }, (_, at) => `canary ${at + 1} of ${kills} (50 %)`);
    assert.deepEqual(
      changes.map(({ to }) => to),
      [...steps, 'promoting 2', 'promoted 2'],
    );
    const moves = await registry.store.history('scale', { alias: 'champion' });
    assert.deepEqual(
      moves.map(({ to }) => to),
      [2, 1],
      'it was promoted once',
    );
    assert.equal(await registry.store.verifyAudit(), undefined);
  });
});
