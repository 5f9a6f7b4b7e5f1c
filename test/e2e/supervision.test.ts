/** What becomes of a mesh in which the process of one service ends again and again. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InferError, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller } from '../support/caller.ts';
import { ask, type Files, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

/** Takes the process of its service with it while it is loaded, as native code there does that cannot find its library. */
const fragile = `import { existsSync } from 'node:fs';
import { defineTransform } from '@sheaf/inference';
if (existsSync(new URL('./broken', import.meta.url))) process.kill(process.ppid, 'SIGKILL');
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, ({ x }) => ({ y: x }));
`;
const pipeline = (name: string, stage: string): string => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages: { only: { ${stage}, inputs: { x: x } } }
outputs: { y: only.y }
`;
const files: Files = {
  'models/double': sampleModels.scale(2),
  'fragile.ts': fragile,
  'mesh.yaml': 'services: { fragile: { trusted: true } }\n',
  'pipelines/needs.yaml': pipeline('needs', 'transform: ./fragile.ts'),
  'pipelines/well.yaml': pipeline('well', 'model: double'),
};
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

describe('a service whose process ends again and again', () => {
  it('is refused at once and not ready, is told of once, leaves the others alone, and is back when it stays up', async () => {
    await using mesh = await startTestMesh(files);
    const { gateway, running, events } = mesh;
    const lines = (): string[] => events.filter((line) => line.startsWith('fragile'));
    const service = running.services.find(({ name }) => name === 'fragile');
    assert.ok(service);
    await ask(gateway, 'needs', [x]);
    const broken = join(mesh.mesh.folder, 'broken');
    await writeFile(broken, '');
    process.kill(service.pid, 'SIGKILL');
    await waitFor(
      () => lines().some((line) => line.includes('a crash loop')),
      () => lines().join('\n'),
    );
    const { length } = lines();
    assert.match(
      lines().at(-1) ?? '',
      /^fragile ended \(SIGKILL\), 3 times in a row: a crash loop; .*the next start is in \d+ ms/,
    );

    using caller = new Caller(running.gateway.port);
    const health = async (name: string): Promise<unknown> =>
      (await caller.call('/grpc.health.v1.Health/Check', { service: name })).replies[0]?.['status'];
    await waitFor(async () => (await health('needs')) === 'NOT_SERVING');
    assert.deepEqual([await health('well'), await health('double')], ['SERVING', 'SERVING']);
    const ready = async (name: string): Promise<unknown> =>
      (await caller.call('/inference.GRPCInferenceService/ModelReady', { name })).replies[0]?.['ready'];
    assert.deepEqual([await ready('needs'), await ready('well')], [false, true]);

    // Over several starts of it: it is never asked, and the others answer.
    const until = performance.now() + 3_000;
    while (performance.now() < until) {
      const startedAt = performance.now();
      await assert.rejects(ask(gateway, 'needs', [x], { timeoutMs: 20_000 }), (error) => {
        assert.ok(error instanceof InferError);
        assert.deepEqual([error.code, error.reason], ['UNAVAILABLE', 'CRASH_LOOP'], error.message);
        assert.match(
          error.message,
          /service fragile: "fragile" is not there: its process ended \d+ times in a row, last with SIGKILL; it may be back in \d+ ms$/,
        );
        assert.equal(error.metadata['service'], 'fragile');
        assert.ok((error.retryAfterMs ?? 0) >= 1_000, `pushback ${error.retryAfterMs}`);
        return true;
      });
      assert.ok(performance.now() - startedAt < 10_000, 'the refusal took half of its deadline');
      await ask(gateway, 'well', [x]);
    }
    assert.equal(lines().length, length, `told again:\n${lines().join('\n')}`);

    await rm(broken);
    await waitFor(
      () =>
        ask(gateway, 'needs', [x]).then(
          () => true,
          () => false,
        ),
      () => lines().join('\n'),
      90_000,
    );
    assert.match(lines().at(-1) ?? '', /^fragile is ready again, pid \d+: it has stayed up for 5 s$/);
    assert.deepEqual([await health('needs'), await ready('needs')], ['SERVING', true]);
  });

  it('is known to a gateway that comes back meanwhile, and its sibling has all the calls', async () => {
    await using mesh = await startTestMesh({
      'models/double': sampleModels.scale(2),
      'models/triple': sampleModels.scale(3),
      'mesh.yaml': 'services: { single: { models: [double] }, pair: { models: [triple], replicas: 2 } }\n',
    });
    const { gateway, running, events } = mesh;
    const victims = running.services.filter(({ name }) => name === 'single' || name === 'pair-1');
    assert.equal(victims.length, 2);
    const killed = new Map<string, number[]>(victims.map(({ name }) => [name, []]));
    // Whatever comes up is gone a moment later.
    const killer = setInterval(() => {
      for (const { name, pid } of victims) {
        const pids = killed.get(name);
        if (pids?.includes(pid)) continue;
        pids?.push(pid);
        process.kill(pid, 'SIGKILL');
      }
    }, 50);
    try {
      await waitFor(
        () => events.filter((line) => line.includes('a crash loop')).length === 2,
        () => events.join('\n'),
      );
      process.kill(running.gateway.pid, 'SIGKILL');
      await waitFor(() => events.some((line) => line.startsWith('gateway is ready again')));
      await waitFor(() =>
        ask(gateway, 'triple', [x]).then(
          () => true,
          () => false,
        ),
      );
      for (let call = 0; call < 50; call++) await ask(gateway, 'triple', [x]);
      await assert.rejects(ask(gateway, 'double', [x]), { code: 'UNAVAILABLE', reason: 'CRASH_LOOP' });
      for (const [name, pids] of killed) assert.ok(pids.length <= 6, `${name} was started ${pids.length} times`);
    } finally {
      clearInterval(killer);
    }
  });
});

/** Keeps 32 MiB of each call for ever, as a leak does, and takes its time over it. */
const keeper = `import { setTimeout } from 'node:timers/promises';
import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
const kept: Buffer[] = [];
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, async ({ x }) => {
  kept.push(Buffer.alloc(32 * 2 ** 20, 1));
  await setTimeout(300);
  return { y: x };
});
`;

describe('a service with a memory limit', () => {
  const leaking: Files = {
    'models/double': sampleModels.scale(2),
    'keeper.ts': keeper,
    'pipelines/keeps.yaml': pipeline('keeps', 'transform: ./keeper.ts'),
    'pipelines/well.yaml': pipeline('well', 'model: double'),
    'mesh.yaml': 'services: { leaks: { transforms: [keeper], memory: 384MiB } }\n',
  };

  it('is replaced when its process takes more: what ran is told why, the others answer, and it is back', async () => {
    await using mesh = await startTestMesh(leaking);
    const { gateway, running, events } = mesh;
    const service = running.services.find(({ name }) => name === 'leaks');
    assert.ok(service);
    const pid = service.pid;
    const others = [running.gateway, ...running.services.filter((other) => other !== service)];
    const pids = others.map((process) => process.pid);

    let error: unknown;
    let answered = 0;
    while (!error && answered < 30) {
      await ask(gateway, 'keeps', [x]).then(
        () => answered++,
        (thrown: unknown) => (error = thrown),
      );
      await ask(gateway, 'well', [x]);
    }
    assert.ok(error instanceof InferError, `${answered} calls were answered`);
    assert.deepEqual([error.code, error.reason, error.retryAfterMs], ['RESOURCE_EXHAUSTED', 'MEMORY_LIMIT', -1]);
    assert.match(
      error.message,
      /service leaks: its process passed its memory limit of 384 MiB and is replaced; this call/,
    );
    assert.ok(answered >= 1 && answered <= 12, `${answered} calls of 32 MiB each`);
    await ask(gateway, 'well', [x]);

    await waitFor(() => events.some((line) => line.startsWith('leaks is ready again')));
    assert.notEqual(service.pid, pid);
    const told = events.find((line) => line.startsWith('leaks ended'));
    assert.match(
      told ?? '',
      /^leaks ended \(SIGKILL, its memory limit of 384 MiB passed with \d+ MiB\); it starts again in \d+ ms$/,
    );
    await waitFor(() =>
      ask(gateway, 'keeps', [x]).then(
        () => true,
        () => false,
      ),
    );
    assert.deepEqual(
      others.map((process) => process.pid),
      pids,
    );
  });

  it('is replaced in the middle of a run of native code that takes it all, and its sibling answers', async () => {
    await using mesh = await startTestMesh({
      'models/zeros': sampleModels.zeros(),
      'models/double': sampleModels.scale(2),
      'mesh.yaml': 'services: { fills: { models: [zeros], memory: 512MiB } }\n',
    });
    const { gateway, events } = mesh;
    const shape = (dim: bigint) => tensorOf('x', 'INT64', [1], BigInt64Array.of(dim));
    await ask(gateway, 'zeros', [shape(2n)]);
    // 4 GiB of zeros.
    const filling = assert.rejects(ask(gateway, 'zeros', [shape(2n ** 30n)], { timeoutMs: 20_000 }), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'MEMORY_LIMIT',
    });
    await ask(gateway, 'double', [x]);
    await filling;
    await waitFor(() => events.some((line) => line.startsWith('fills is ready again')));
    const [, used] =
      /^fills ended \(SIGKILL, its memory limit of 512 MiB passed with (\d+) MiB\)/m.exec(events.join('\n')) ?? [];
    assert.ok(Number(used) < 4_096, `noticed with ${used} MiB`);
    await waitFor(() =>
      ask(gateway, 'zeros', [shape(2n)]).then(
        () => true,
        () => false,
      ),
    );
  });

  it('does not start where the limit leaves nothing to run in, as sheaf check says before', async () => {
    const files = { ...leaking, 'mesh.yaml': 'services: { leaks: { transforms: [keeper], memory: 64MiB } }\n' };
    const why =
      /mesh\.yaml: services\.leaks\.memory: want more than the \d+ MiB that it takes once it is loaded, got 64 MiB/;
    await assert.rejects(startTestMesh(files), why);
    const told = await runSheaf(['check', await writeFolder(files)]);
    assert.equal(told.code, 2);
    assert.match(told.stderr, why);
    const wider = await runSheaf(['check', await writeFolder({ ...files, 'mesh.yaml': leaking['mesh.yaml'] ?? '' })]);
    assert.equal(wider.code, 0, wider.stderr);
  });
});
