import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { advance, newState } from './advance.ts';
import { noEvidence } from './evidence.ts';
import type { RolloutPlan } from './plan.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { plan as usual } from './testing/test-rollout.ts';
import { chooseVersion, type Traffic, trafficOf } from './traffic.ts';

const keys = Array.from({ length: 2_000 }, (_, n) => `tenant-${n}`);
const trafficAt = (step: number, given: Partial<RolloutPlan> = {}, dropped: readonly string[] = []): Traffic => {
  const plan = { ...usual, ...given };
  const traffic = trafficOf({ id: 'r1', plan, state: { ...newState(0), phase: { kind: 'canary', step }, dropped } });
  assert.ok(traffic);
  return traffic;
};
const versionsOf = (traffic: Traffic): string[] => keys.map((key) => chooseVersion(traffic, key));
const partOf = (versions: readonly string[], version: string): number =>
  versions.filter((one) => one === version).length / versions.length;

describe('the shares of a rollout', () => {
  it('are as large as the step says, by key and call by call', () => {
    const part = partOf(versionsOf(trafficAt(0)), '2');
    assert.ok(part > 0.08 && part < 0.12, `${part} of the keys`);
    const random = seededRandom(1);
    const calls = keys.map(() => chooseVersion(trafficAt(1), undefined, random));
    assert.ok(Math.abs(partOf(calls, '2') - 0.5) < 0.05);
  });

  it('grow by keys of the champion alone', () => {
    const [small, large] = [versionsOf(trafficAt(0)), versionsOf(trafficAt(1))];
    assert.deepEqual(
      small.filter((version, at) => version === '2' && large[at] !== '2'),
      [],
    );
  });

  it('are shared out among several versions, of which none takes a key of another', () => {
    const arms = [
      { version: '2', weight: 3 },
      { version: '3', weight: 1 },
    ] as const;
    const [small, large] = [versionsOf(trafficAt(0, { arms })), versionsOf(trafficAt(1, { arms }))];
    assert.ok(Math.abs(partOf(large, '2') - 0.375) < 0.05 && Math.abs(partOf(large, '3') - 0.125) < 0.05);
    assert.ok(small.every((version, at) => version === '1' || large[at] === version));
    const without = versionsOf(trafficAt(1, { arms }, ['2']));
    assert.deepEqual(
      without,
      large.map((version) => (version === '2' ? '1' : version)),
    );
  });

  it('begin with other callers in each rollout', () => {
    const other = { ...trafficAt(0), salt: 'r2' };
    assert.notDeepEqual(versionsOf(other), versionsOf(trafficAt(0)));
  });

  it('are none before it begins and when it is over, and all while the champion is moved', () => {
    const state = newState(0);
    assert.equal(trafficOf({ id: 'r1', plan: usual, state }), undefined);
    assert.equal(trafficOf({ id: 'r1', plan: usual, state: { ...state, phase: { kind: 'rolled-back' } } }), undefined);
    const phase = { kind: 'promoting', version: '2', expectedEpoch: 1 } as const;
    const promoting = trafficOf({ id: 'r1', plan: usual, state: { ...state, phase } });
    assert.ok(promoting && versionsOf(promoting).every((version) => version === '2'));
  });

  it('stay as they are while it is held', () => {
    const champion = { version: '1', epoch: 1, isFrozen: true };
    const begun = { ...newState(0), phase: { kind: 'canary', step: 1 } as const, period: 1 };
    const frozen = advance(usual, begun, { nowMs: 1, evidence: noEvidence(), champion });
    const traffic = trafficOf({ id: 'r1', plan: usual, state: frozen });
    assert.ok(traffic);
    assert.deepEqual(versionsOf(traffic), versionsOf(trafficAt(1)));
  });
});
