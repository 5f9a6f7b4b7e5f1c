import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createController, tell } from './controller.ts';
import { noEvidence } from './evidence.ts';
import type { Champions, RolloutStore } from './ports.ts';
import { phaseText, type Rollout } from './state.ts';
import { createMemoryChampions, createMemoryStore } from './testing/memory-store.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { arm, plan, rolloutOf, seen } from './testing/test-rollout.ts';

/** A store and an alias, at a time that the test says. */
async function setUp(rollout = rolloutOf()) {
  const clock = { nowMs: 0 };
  const now = (): number => clock.nowMs;
  const store = createMemoryStore(now);
  const champions = createMemoryChampions('1');
  await store.add(rollout);
  const phase = async (): Promise<string> => {
    const stored = (await store.get(rollout.id)) as Rollout;
    return phaseText(stored.plan, stored.state.phase);
  };
  const report = async (calls: number, source = 'gateway 1'): Promise<void> => {
    const { state } = (await store.get(rollout.id)) as Rollout;
    const evidence = seen({ arms: { 1: arm(calls), 2: arm(calls) } });
    await store.report([{ rollout: rollout.id, period: state.period, source, evidence }]);
  };
  return { clock, store, champions, now, phase, report };
}

describe('a controller', () => {
  it('moves a rollout, and the alias with the reason and the evidence', async () => {
    const { clock, store, champions, now, phase, report } = await setUp();
    const { tick } = createController('a', { store, champions, now });
    for (const expected of ['canary 1 of 2 (10 %)', 'canary 2 of 2 (50 %)', 'promoting 2', 'promoted 2']) {
      await tick();
      assert.equal(await phase(), expected);
      clock.nowMs += 1_000;
      await report(200);
    }
    const [move] = champions.moves;
    assert.deepEqual([move?.to, move?.expectedEpoch, move?.by], ['2', 1, 'rollout']);
    assert.match(move?.why ?? '', /^rollout r1: canary 2 of 2 \(50 %\) has had 1 s and 200 calls/);
    assert.equal(JSON.parse(move?.evidence ?? '').readings.length, 3);
  });

  it('does nothing while another has the lease, and goes on when that is over', async () => {
    const { clock, store, champions, now, phase } = await setUp();
    const [a, b] = ['a', 'b'].map((holder) => createController(holder, { store, champions, now }));
    assert.deepEqual([await a?.tick(), await b?.tick()], [true, false]);
    clock.nowMs = 5_000;
    assert.deepEqual([await b?.tick(), await a?.tick()], [true, false]);
    assert.equal(await phase(), 'canary 1 of 2 (10 %)');
  });

  it('adds up what several gateways saw, each once however often it reports', async () => {
    const { clock, store, champions, now, phase, report } = await setUp();
    const { tick } = createController('a', { store, champions, now });
    await tick();
    clock.nowMs = 1_000;
    for (let again = 0; again < 3; again++) await report(60);
    await tick();
    assert.equal(await phase(), 'canary 1 of 2 (10 %)');
    await report(40, 'gateway 2');
    await tick();
    assert.equal(await phase(), 'canary 2 of 2 (50 %)');
  });

  it('begins a new period with nothing', async () => {
    const { clock, store, champions, now, phase, report } = await setUp();
    const { tick } = createController('a', { store, champions, now });
    await tick();
    clock.nowMs = 1_000;
    await report(200);
    await tick();
    clock.nowMs = 9_000;
    await tick();
    assert.equal(await phase(), 'canary 2 of 2 (50 %)');
  });

  it('is told by somebody, also between two looks of its own', async () => {
    const { store, champions, now, phase } = await setUp();
    const ports = { store, champions, now };
    await createController('a', ports).tick();
    assert.ok(typeof (await tell('r1', { kind: 'hold' }, { by: 'ann', why: 'lunch' }, ports)) !== 'string');
    assert.equal(await phase(), 'held at canary 1 of 2 (10 %)');
    assert.equal(await tell('r9', { kind: 'hold' }, { by: 'ann', why: '' }, ports), 'there is no rollout "r9"');
  });

  it('moves the others where one cannot be moved, and says then why', async () => {
    const { store, champions, now, phase } = await setUp();
    const other = await store.add({ ...rolloutOf(), name: 'other' });
    const broken: RolloutStore = {
      ...store,
      inForce: async () => (await store.inForce()).toReversed(),
      reportsOf: async (id, period) => {
        if (id === other?.id) throw new Error('a row cannot be read');
        return store.reportsOf(id, period);
      },
    };
    const { tick } = createController('a', { store: broken, champions, now });
    await assert.rejects(tick(), /a row cannot be read/);
    assert.equal(await phase(), 'canary 1 of 2 (10 %)');
  });

  it('takes one rollout of a name at a time', async () => {
    const { store } = await setUp();
    assert.equal(await store.add(rolloutOf()), undefined);
  });

  it('may end at any point: whoever goes on moves the alias once', async () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(seed);
      const { clock, store, champions, now, phase, report } = await setUp();
      // Ends before a write is done, or when it is done and nobody has heard of it.
      const dying =
        <A extends unknown[], T>(write: (...given: A) => Promise<T>) =>
        async (...given: A): Promise<T> => {
          if (random() < 0.3) throw new Error('killed before');
          const answer = await write(...given);
          if (random() < 0.3) throw new Error('killed after');
          return answer;
        };
      const dyingStore: RolloutStore = { ...store, replace: dying(store.replace) };
      const dyingChampions: Champions = { get: champions.get, move: dying(champions.move) };
      for (let life = 0; (await phase()) !== 'promoted 2'; life++) {
        assert.ok(life < 100, `seed ${seed} stands at ${await phase()}`);
        const controller = createController(`life ${life}`, { store: dyingStore, champions: dyingChampions, now });
        clock.nowMs += 6_000;
        await report(200);
        await controller.tick().catch(() => {});
      }
      assert.equal(champions.moves.length, 1);
      const stored = await store.get('r1');
      const steps = stored?.state.changes.map(({ to }) => to);
      assert.deepEqual(steps, ['canary 1 of 2 (10 %)', 'canary 2 of 2 (50 %)', 'promoting 2', 'promoted 2']);
    }
  });

  it('ends a rollout whose champion cannot be moved, with the reason', async () => {
    const { clock, store, champions, now, phase, report } = await setUp(rolloutOf({ steps: plan.steps.slice(0, 1) }));
    const { tick } = createController('a', { store, champions, now });
    await tick();
    clock.nowMs = 1_000;
    await report(200);
    await tick();
    champions.set({ isFrozen: true });
    await tick();
    assert.equal(await phase(), 'aborted');
    assert.equal((await store.get('r1'))?.state.changes.at(-1)?.why, 'the alias is frozen');
  });

  it('leaves the champion to somebody who moves it at the same time', async () => {
    const { clock, store, champions, now, phase, report } = await setUp(rolloutOf({ steps: plan.steps.slice(0, 1) }));
    const { tick } = createController('a', { store, champions, now });
    await tick();
    clock.nowMs = 1_000;
    await report(200);
    await tick();
    assert.equal(await phase(), 'promoting 2');
    champions.set({ version: '5', epoch: 2 });
    await tick();
    assert.deepEqual([await phase(), champions.alias.version], ['aborted', '5']);
    assert.deepEqual(await store.reportsOf('r1', 99), []);
    assert.deepEqual(noEvidence().arms, Object.create(null));
  });
});
