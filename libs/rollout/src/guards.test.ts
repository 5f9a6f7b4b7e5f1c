/** Rollouts by the hundred, looked at after every few calls: how often a good version is ended, and whether bad ones are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noArm, noShadow } from './evidence.ts';
import { readGuards } from './guards.ts';
import { countMs } from './histogram.ts';
import type { RolloutPlan } from './plan.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { plan as usual } from './testing/test-rollout.ts';

const plan: RolloutPlan = {
  ...usual,
  guards: {
    ...usual.guards,
    errors: { worseMax: 0 },
    latency: { quantile: 0.9, ratioMax: 1, slackMs: 0 },
    agreement: { min: 0.95 },
  },
};

interface Behaviour {
  readonly fails: number;
  /** The mean of an exponential distribution. */
  readonly ms: number;
  readonly agrees: number;
}

const champion: Behaviour = { fails: 0.02, ms: 10, agrees: 1 };

/** Calls of both until a guard speaks; answers which, and after how many calls of the candidate. */
function simulate(candidate: Behaviour, calls: number, seed: number) {
  const random = seededRandom(seed);
  const [own, other, shadow] = [noArm(), noArm(), noShadow()];
  const call = (arm: typeof own, { fails, ms }: Behaviour): void => {
    arm.calls++;
    if (random() < fails) arm.failed++;
    else countMs(arm.latency, -ms * Math.log(1 - random()));
  };
  for (let count = 1; count <= calls; count++) {
    call(own, champion);
    call(other, candidate);
    shadow.compared++;
    if (random() < candidate.agrees) shadow.agreed++;
    const readings = readGuards(plan, { arms: { 1: own, 2: other }, shadows: { 2: shadow } }, ['2']);
    const failed = readings.filter(({ verdict }) => verdict === 'failed');
    if (failed.length > 0) return { guards: failed.map(({ guard }) => guard), calls: count };
  }
  return { guards: [], calls };
}

describe('guards that are looked at after every call', () => {
  it('end a version that is just as good in fewer cases than falseAlarmMax', () => {
    const runs = 200;
    // As bad as is allowed, to the call: what is above it is worse.
    const same = { ...champion, agrees: 0.95 };
    const ended = Array.from({ length: runs }, (_, run) => simulate(same, 400, run)).filter(
      ({ guards }) => guards.length > 0,
    );
    assert.ok(ended.length / runs <= plan.falseAlarmMax, `${ended.length} of ${runs}: ${JSON.stringify(ended)}`);
  });

  for (const [title, worse, guard] of [
    ['fails in a fifth of its calls', { ...champion, fails: 0.2 }, 'errors'],
    ['takes twice as long', { ...champion, ms: 20 }, 'latency'],
    ['answers a fifth of the calls otherwise', { ...champion, agrees: 0.8 }, 'agreement'],
  ] as const)
    it(`find a version that ${title}`, () => {
      const found = Array.from({ length: 10 }, (_, run) => simulate(worse, 1_500, run));
      assert.deepEqual(
        found.map(({ guards }) => guards),
        found.map(() => [guard]),
      );
    });

  it('say nothing of what has not been seen', () => {
    const readings = readGuards(plan, { arms: { 1: noArm(), 2: noArm() }, shadows: { 2: noShadow() } }, ['2']);
    assert.ok(readings.every(({ verdict }) => verdict === 'open'));
  });
});
