/** What is promised of rollouts, of what was counted for them, and of leases. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { NewRollout } from '../registry-store.ts';
import { aVersion, refusal, type WithStore } from './samples.ts';

const aRollout = (changes: Partial<NewRollout> = {}): NewRollout => ({
  name: 'digits',
  slot: 'traffic',
  versions: [1, 2],
  spec: { steps: [1, 10, 100] },
  state: 'waiting',
  step: 0,
  reason: 'begun',
  by: 'key:ops',
  ...changes,
});

export function rolloutsContract(withStore: WithStore): void {
  it(
    'keeps a rollout, which changes for whoever knows its epoch',
    withStore(async (store, clock) => {
      await store.addVersion(aVersion('a'));
      await store.addVersion(aVersion('b'));
      clock.now = 2_000;
      const begun = await store.startRollout(aRollout());
      assert.deepEqual(begun, {
        ...aRollout(),
        ...{ id: 1, kind: 'model', ended: false, epoch: 1, evidence: {}, createdAtMs: 2_000, changedAtMs: 2_000 },
      });
      clock.now = 3_000;
      const { id } = begun;
      const next = { id, state: 'going', step: 1, ended: false, reason: 'on', evidence: { calls: 7 }, by: 'gateway-1' };
      const changed = await store.changeRollout({ ...next, expectedEpoch: 1 });
      assert.deepEqual(changed, {
        ...begun,
        ...{ state: 'going', step: 1, reason: 'on', evidence: { calls: 7 }, epoch: 2, changedAtMs: 3_000 },
      });
      await assert.rejects(
        store.changeRollout({ ...next, expectedEpoch: 1 }),
        refusal('FAILED_PRECONDITION', 'ROLLOUT_CHANGED', /want epoch 2, got 1/),
      );
      assert.deepEqual(await store.getRollout(id), changed);
      assert.deepEqual((await store.snapshot()).entries[0]?.rollouts, [changed]);
      await assert.rejects(
        store.changeRollout({ ...next, id: 9, expectedEpoch: 1 }),
        refusal('NOT_FOUND', 'ROLLOUT_NOT_FOUND'),
      );
    }),
  );

  it(
    'lets one rollout run in each slot, of versions that are ready',
    withStore(async (store) => {
      await store.addVersion(aVersion('a'));
      await store.addVersion(aVersion('b', { state: 'quarantined', why: 'ill' }));
      await assert.rejects(store.startRollout(aRollout()), refusal('FAILED_PRECONDITION', 'VERSION_NOT_READY'));
      const first = await store.startRollout(aRollout({ versions: [1] }));
      await assert.rejects(
        store.startRollout(aRollout({ versions: [1] })),
        refusal('FAILED_PRECONDITION', 'ROLLOUT_RUNNING'),
      );
      await store.startRollout(aRollout({ versions: [1], slot: 'shadow' }));
      const end = { ...first, ended: true, state: 'rolled back', expectedEpoch: 1 };
      await store.changeRollout(end);
      await assert.rejects(
        store.changeRollout({ ...end, expectedEpoch: 2 }),
        refusal('FAILED_PRECONDITION', 'ROLLOUT_ENDED'),
      );
      assert.equal((await store.startRollout(aRollout({ versions: [1] }))).id, 3);
      const ids = async (filter: Parameters<typeof store.listRollouts>[0]) =>
        (await store.listRollouts(filter)).map(({ id }) => id);
      assert.deepEqual(await ids({}), [3, 2, 1]);
      assert.deepEqual(await ids({ running: true }), [3, 2]);
      assert.deepEqual(await ids({ name: 'digits', running: false }), [1]);
      assert.deepEqual(await ids({ name: 'other' }), []);
    }),
  );

  it(
    'keeps the last that each source has counted, and wakes nobody',
    withStore(async (store, clock) => {
      await store.addVersion(aVersion('a'));
      const { id: rollout } = await store.startRollout(aRollout({ versions: [1] }));
      const epoch = await store.epoch();
      await store.putEvidence([
        { rollout, source: 'gateway-2', value: { calls: 1 } },
        { rollout, source: 'gateway-1', value: { calls: 2 } },
        { rollout: 99, source: 'gateway-1', value: { calls: 3 } },
      ]);
      clock.now = 2_000;
      await store.putEvidence([{ rollout, source: 'gateway-2', value: { calls: 5, text: '\0 "é"' } }]);
      assert.deepEqual(await store.listEvidence(rollout), [
        { rollout, source: 'gateway-1', value: { calls: 2 }, atMs: 1_000 },
        { rollout, source: 'gateway-2', value: { calls: 5, text: '\0 "é"' }, atMs: 2_000 },
      ]);
      assert.deepEqual(await store.listEvidence(99), []);
      assert.equal(await store.epoch(), epoch);
    }),
  );

  it(
    'gives a lease to one holder, until its time is up or it is given back',
    withStore(async (store, clock) => {
      const lease = { name: 'rollouts', holder: 'a', fence: 1, untilMs: 1_100 };
      assert.deepEqual(await store.takeLease('rollouts', 'a', 100), lease);
      clock.now = 1_099;
      assert.deepEqual(await store.takeLease('rollouts', 'b', 100), lease);
      assert.equal((await store.takeLease('rollouts', 'a', 100)).untilMs, 1_199);
      clock.now = 1_199;
      assert.deepEqual(await store.takeLease('rollouts', 'b', 100), {
        ...lease,
        holder: 'b',
        fence: 2,
        untilMs: 1_299,
      });
      await store.giveLease('rollouts', 'a');
      assert.equal((await store.takeLease('rollouts', 'a', 100)).holder, 'b');
      await store.giveLease('rollouts', 'b');
      const again = await store.takeLease('rollouts', 'a', 100);
      assert.deepEqual([again.holder, again.fence], ['a', 3]);
      const taken = await Promise.all(['x', 'y', 'z'].map((holder) => store.takeLease('new', holder, 100)));
      assert.equal(new Set(taken.map(({ holder }) => holder)).size, 1);
    }),
  );
}
