/** Rollouts in a mesh of real processes: what is good is promoted by itself, what is worse goes back by itself, and callers notice neither. Long, since each end of a rollout has its mesh. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elements, type InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { openRegistry, type Registry, rolloutStoreOf } from '@sheaf/registry';
import { newState, type Rollout, type RolloutPlan, stageOf, sumEvidence } from '@sheaf/rollout';
import { freePort } from '@sheaf/supervisor';
import { Caller, inferPath } from '../support/caller.ts';
import { ask, type Files, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { type Samples, scrape } from '../support/scrape.ts';
import { waitFor } from '../support/wait-for.ts';

const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));
const first = (tensor: Tensor | undefined): number =>
  elements({ ...(tensor as Tensor), datatype: 'FP32' as const })[0] ?? 0;

/** A transform that gives back what it takes, `ms` later. */
const echo = (ms: number): string => `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, async ({ x }) => {
  await new Promise((resolve) => setTimeout(resolve, ${ms}));
  return { y: { shape: x.shape, data: x.data } };
});
`;

const pipeline = (name: string, version: number, stage: string): string => `pipeline: ${name}
version: ${version}
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  one: { ${stage}, inputs: { x: x } }
outputs: { y: one.y }
`;

const plan: RolloutPlan = {
  champion: '1',
  arms: [{ version: '2', weight: 1 }],
  sticky: { kind: 'random' },
  steps: [
    { percent: 30, waitMs: 200, callsMin: 20 },
    { percent: 50, waitMs: 200, callsMin: 20 },
  ],
  guards: { errors: { worseMax: 0.01 } },
  falseAlarmMax: 0.05,
};

const shadow: NonNullable<RolloutPlan['shadow']> = {
  by: 'values',
  tolerance: 1e-3,
  percent: 100,
  callsInFlightMax: 4,
  waitMs: 200,
  callsMin: 20,
  keepExamples: true,
};

interface RolledMesh extends AsyncDisposable {
  readonly mesh: TestMesh;
  readonly registry: Registry;
  /** As it is stored now. */
  readonly rollout: () => Promise<Rollout>;
  readonly champion: () => Promise<number | undefined>;
}

/** A mesh whose registry has versions 1 and 2 of `name`, of which 1 is the champion, and a rollout. */
async function startRolledMesh(
  files: Files,
  name: string,
  given: Partial<RolloutPlan>,
  kind: Rollout['kind'] = 'model',
): Promise<RolledMesh> {
  let registry: Registry | undefined;
  let id = '';
  const mesh = await startTestMesh(
    { 'mesh.yaml': `aliases: { ${name}: { champion: 1 } }\n`, ...files },
    async (folder) => {
      registry = await openRegistry(folder);
      const { store } = registry;
      for (const letter of ['a', 'b']) {
        const file = { path: 'model.onnx', sizeBytes: 1, sha256: letter.repeat(64) };
        const manifest = { schema: 1, kind, files: [file], labels: {}, metrics: {}, pins: [] } as const;
        await store.addVersion({ name, manifest, by: 'test' });
      }
      await store.moveAlias({ name, alias: 'champion', to: 1, expectedEpoch: 0, by: 'test', why: 'the first' });
      const added = await rolloutStoreOf(store).add({
        ...{ kind, name, revision: 1, by: 'test', createdAtMs: Date.now() },
        plan: { ...plan, ...given },
        state: newState(Date.now()),
      });
      id = added?.id ?? '';
    },
  );
  const opened = registry as unknown as Registry;
  return {
    mesh,
    registry: opened,
    rollout: async () => (await rolloutStoreOf(opened.store).get(id)) as Rollout,
    champion: async () => (await opened.store.aliasesOf(name)).find(({ alias }) => alias === 'champion')?.version,
    [Symbol.asyncDispose]: async () => {
      await opened.close();
      await mesh[Symbol.asyncDispose]();
    },
  };
}

interface Driven {
  /** Calls by the version that answered, or the code that they failed with. */
  readonly ends: ReadonlyMap<string, number>;
}

const callsMax = 20_000;

/** Calls, a few at once, until `isOver`. */
async function drive(mesh: TestMesh, name: string, isOver: () => Promise<boolean>): Promise<Driven> {
  const ends = new Map<string, number>();
  let calls = 0;
  let over = false;
  const count = (end: string): void => void ends.set(end, (ends.get(end) ?? 0) + 1);
  const caller = async (): Promise<void> => {
    while (!over) {
      assert.ok(calls++ < callsMax, `it is not over after ${callsMax} calls`);
      await ask(mesh.gateway, name, [x]).then(
        ({ version }) => count(version),
        ({ code }: InferError) => count(code),
      );
    }
  };
  const watch = async (): Promise<void> => {
    try {
      await waitFor(isOver);
    } finally {
      over = true;
    }
  };
  await Promise.all([watch(), caller(), caller(), caller(), caller()]);
  return { ends };
}

const isAt =
  ({ rollout }: RolledMesh, ...kinds: readonly string[]) =>
  async (): Promise<boolean> =>
    kinds.includes((await rollout()).state.phase.kind);

const over = ['promoted', 'rolled-back', 'aborted'];

describe('a rollout', () => {
  it('promotes a good version by itself, step by step, with the reason and the evidence', async () => {
    const files = {
      'models/scale/1/model.onnx': sampleModels.scale(10),
      'models/scale/2/model.onnx': sampleModels.scale(20),
    };
    await using rolled = await startRolledMesh(files, 'scale', {});
    const { ends } = await drive(rolled.mesh, 'scale', isAt(rolled, ...over));
    const { state } = await rolled.rollout();
    assert.deepEqual(state.phase, { kind: 'promoted', version: '2' }, state.changes.at(-1)?.why ?? '');
    assert.deepEqual([...ends.keys()].sort(), ['1', '2'], 'no call failed');
    const steps = state.changes.map(({ to }) => to);
    assert.deepEqual(steps, ['canary 1 of 2 (30 %)', 'canary 2 of 2 (50 %)', 'promoting 2', 'promoted 2']);
    assert.equal(await rolled.champion(), 2);
    const [move] = await rolled.registry.store.history('scale', { alias: 'champion' });
    assert.equal(move?.by, 'rollout');
    assert.match(
      move?.why ?? '',
      /^rollout \d+: canary 2 of 2 \(50 %\) has had \d+ s and \d+ calls, and no guard speaks against it$/,
    );
    assert.match(move?.evidence ?? '', /"guard":"errors"/);
    // Until the mesh has taken up the alias, the rollout stands for it.
    assert.equal((await ask(rolled.mesh.gateway, 'scale', [x])).version, '2');
  });

  it('takes a version back that fails', async () => {
    const files = {
      'models/scale/1/model.onnx': sampleModels.scale(10),
      'models/scale/2/model.onnx': sampleModels.scale(20, ['batch', 3]),
    };
    await using rolled = await startRolledMesh(files, 'scale', {});
    await drive(rolled.mesh, 'scale', isAt(rolled, ...over));
    const { state } = await rolled.rollout();
    assert.equal(state.phase.kind, 'rolled-back');
    assert.match(
      state.changes.at(-1)?.why ?? '',
      /^errors: version 2 fails in .* of \d+ calls, version 1 .* of \d+; 1 % more is let pass$/,
    );
    assert.equal(await rolled.champion(), 1);
    await waitFor(async () => {
      const ends = await Promise.allSettled(Array.from({ length: 20 }, () => ask(rolled.mesh.gateway, 'scale', [x])));
      return ends.every((end) => end.status === 'fulfilled' && end.value.version === '1');
    });
  });

  it('takes a pipeline back that is slower', async () => {
    const files = {
      'pipelines/read-1.yaml': pipeline('read', 1, 'transform: ./quick.ts'),
      'pipelines/read-2.yaml': pipeline('read', 2, 'transform: ./slow.ts'),
      'quick.ts': echo(0),
      'slow.ts': echo(400),
    };
    const guards = { latency: { quantile: 0.5, ratioMax: 1.2, slackMs: 1 } };
    const steps = [{ percent: 50, waitMs: 600_000, callsMin: 1_000_000 }];
    await using rolled = await startRolledMesh(files, 'read', { guards, steps }, 'pipeline');
    await drive(rolled.mesh, 'read', isAt(rolled, ...over));
    const { state } = await rolled.rollout();
    assert.equal(state.phase.kind, 'rolled-back');
    assert.match(state.changes.at(-1)?.why ?? '', /^latency: p50 of version 2 is .* ms in \d+ answers, of version 1/);
  });

  it('takes a version back that answers otherwise before any caller has it, and keeps the worst answers', async () => {
    const files = {
      'models/scale/1/model.onnx': sampleModels.scale(10),
      'models/scale/2/model.onnx': sampleModels.scale(20),
    };
    await using rolled = await startRolledMesh(files, 'scale', { shadow, guards: { agreement: { min: 0.9 } } });
    const { ends } = await drive(rolled.mesh, 'scale', isAt(rolled, ...over));
    const { state, id } = await rolled.rollout();
    assert.equal(state.phase.kind, 'rolled-back');
    assert.match(
      state.changes.at(-1)?.why ?? '',
      /^agreement: version 2 answers otherwise in .* of \d+ copies; 10 % is let pass$/,
    );
    assert.deepEqual([...ends.keys()], ['1'], 'no caller has had the answer of version 2');
    const told = sumEvidence(await rolloutStoreOf(rolled.registry.store).reportsOf(id, state.period - 1));
    const { examples = [], outputs } = told.shadows['2'] ?? {};
    assert.deepEqual(
      [examples[0]?.inputs[0]?.values, examples[0]?.champion[0]?.values, examples[0]?.shadow[0]?.values],
      [
        [1, 2],
        [10, 20],
        [20, 40],
      ],
    );
    assert.ok((outputs?.['y']?.compared ?? 0) > 0);
  });

  it('promotes a version whose copies agree', async () => {
    const files = {
      'models/scale/1/model.onnx': sampleModels.scale(10),
      'models/scale/2/model.onnx': sampleModels.scale(10),
    };
    await using rolled = await startRolledMesh(files, 'scale', { shadow, guards: { agreement: { min: 0.9 } } });
    await drive(rolled.mesh, 'scale', isAt(rolled, ...over));
    const { state } = await rolled.rollout();
    assert.deepEqual(state.changes.map(({ to }) => to).slice(0, 2), ['shadow', 'canary 1 of 2 (30 %)']);
    assert.equal(state.phase.kind, 'promoted', state.changes.at(-1)?.why ?? '');
  });

  it('keeps callers with their version, at both gateways, and adds up what both saw', async () => {
    const files = {
      'mesh.yaml': 'gateway: { replicas: 2 }\naliases: { scale: { champion: 1 } }\n',
      'models/scale/1/model.onnx': sampleModels.scale(10),
      'models/scale/2/model.onnx': sampleModels.scale(20),
    };
    const steps = [{ percent: 50, waitMs: 600_000, callsMin: 1 }];
    const sticky = { kind: 'metadata', key: 'x-user' } as const;
    await using rolled = await startRolledMesh(files, 'scale', { steps, sticky });
    const callers = rolled.mesh.running.gateways.map(({ port }) => new Caller(port));
    try {
      const message = {
        model_name: 'scale',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
        raw_input_contents: [Buffer.from(Float32Array.of(1, 2).buffer)],
      };
      let sent = 0;
      const versionOf = async (user: number, gateway: number): Promise<unknown> => {
        sent++;
        const told = await callers[gateway]?.call(inferPath, message, { 'x-user': `user-${user}` });
        return told?.replies[0]?.['model_version'];
      };
      // Both have the rollout once some user has the other version.
      for (const gateway of [0, 1])
        await waitFor(async () => {
          const versions = await Promise.all(Array.from({ length: 40 }, (_, user) => versionOf(user, gateway)));
          return versions.includes('2');
        });
      await waitFor(async () => stageOf((await rolled.rollout()).state)?.kind === 'canary');
      const rounds = [];
      for (const gateway of [0, 1, 0, 1])
        rounds.push(await Promise.all(Array.from({ length: 40 }, (_, user) => versionOf(user, gateway))));
      assert.deepEqual([...new Set(rounds[0])].sort(), ['1', '2']);
      for (const round of rounds) assert.deepEqual(round, rounds[0]);
      const counted = async (): Promise<number> => {
        const { id, state } = await rolled.rollout();
        const { arms } = sumEvidence(await rolloutStoreOf(rolled.registry.store).reportsOf(id, state.period));
        return Object.values(arms).reduce((sum, { calls }) => sum + calls, 0);
      };
      let last = 0;
      // The first calls may have come before the rollout did.
      await waitFor(
        async () => {
          last = await counted();
          return last >= 160;
        },
        () => `${last} calls counted`,
      );
      assert.ok(last <= sent, `${last} calls counted, ${sent} sent`);
    } finally {
      for (const caller of callers) caller[Symbol.dispose]();
    }
  });
});

describe('a shadow of a mesh folder', () => {
  const startShadowed = async (files: Files, shadows: string) => {
    const port = await freePort();
    const mesh = await startTestMesh({
      'mesh.yaml': `gateway: { metrics: { port: ${port} } }\nshadows: { ${shadows} }\n`,
      ...files,
    });
    /** Scrapes until so many copies were made or skipped. */
    const copies = async (least: number): Promise<Samples> => {
      let samples = await scrape(port);
      await waitFor(async () => {
        samples = await scrape(port);
        return samples.sum('sheaf_shadow_copies_total') >= least;
      });
      return samples;
    };
    return { mesh, copies };
  };

  it('is compared with what callers are answered, and told in metrics', async () => {
    const { mesh, copies } = await startShadowed(
      {
        'models/scale/1/model.onnx': sampleModels.scale(10),
        'models/scale/2/model.onnx': sampleModels.scale(20),
      },
      'scale: { version: 1, percent: 100, agree: values, callsInFlight: 64 }',
    );
    await using _ = mesh;
    for (let call = 0; call < 10; call++) {
      const { byName, version } = await ask(mesh.gateway, 'scale', [x]);
      assert.deepEqual([first(byName.get('y')), version], [20, '2']);
    }
    // A call that names its version is not copied.
    await ask(mesh.gateway, 'scale', [x], { version: '2' });
    const samples = await copies(10);
    const of = (result: string): number =>
      samples.sum('sheaf_shadow_copies_total', { model: 'scale', version: '1', result });
    assert.equal(of('differed') + of('skipped'), 10);
    assert.ok(of('differed') > 0);
    const calls = samples.sum('sheaf_requests_total', { model: 'scale' });
    assert.equal(calls, 11, 'copies are no calls of anybody');
  });

  it('that hangs or fails is nothing to callers', async () => {
    const { mesh, copies } = await startShadowed(
      {
        'pipelines/read-1.yaml': pipeline('read', 1, 'transform: ./hung.ts'),
        'pipelines/read-2.yaml': pipeline('read', 2, 'transform: ./quick.ts'),
        'models/scale/1/model.onnx': sampleModels.scale(20, ['batch', 3]),
        'models/scale/2/model.onnx': sampleModels.scale(10),
        'quick.ts': echo(0),
        'hung.ts': echo(600_000),
      },
      'read: { version: 1, percent: 100, callsInFlight: 2 }, scale: { version: 1, percent: 100 }',
    );
    await using _ = mesh;
    for (let call = 0; call < 20; call++) {
      assert.equal((await ask(mesh.gateway, 'read', [x])).version, '2');
      assert.equal((await ask(mesh.gateway, 'scale', [x])).version, '2');
    }
    // Two copies hang; for the others there is no room.
    const samples = await copies(18 + 20);
    assert.equal(samples.sum('sheaf_shadow_copies_total', { model: 'read', result: 'skipped' }), 18);
    assert.ok(samples.sum('sheaf_shadow_copies_total', { model: 'scale', result: 'failed' }) > 0);
    assert.equal(samples.sum('sheaf_requests_total', { outcome: 'failed' }), 0);
  });
});
