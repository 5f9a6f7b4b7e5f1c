import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newState, parsePlan, planOf, type RolloutState } from '@sheaf/rollout';
import { pictureOf, sharesOf } from './picture.ts';
import { canaryPlan, shadowPlan, versionsOf } from './plan-options.ts';
import type { Standing } from './standing.ts';

const planFrom = (value: unknown) => {
  const given = parsePlan(value);
  assert.ok(typeof given !== 'string', String(given));
  return planOf(given, '1');
};
const plan = planFrom({ versions: { 2: 3, 3: 1 }, steps: [{ percent: 40, wait: '1m', calls: 10 }] });

const standingOf = (state: Partial<RolloutState>): Standing => ({
  ...{ id: '7', name: 'digits', by: 'ann', createdAtMs: 0, plan, readings: [] },
  state: { ...newState(0), ...state },
  seen: {
    arms: { '2': { calls: 200, failed: 5, ruled: 0, latency: [0, 195], loss: { count: 0, sum: 0 } } },
    shadows: {},
  },
});

describe('the picture of a rollout', () => {
  it('shows who has which share, what was seen, and what comes next', () => {
    const lines = pictureOf(standingOf({ phase: { kind: 'canary', step: 0 } }));
    assert.equal(lines[0], 'digits: canary 1 of 1 (40 %) since 1970-01-01T00:00:00Z (rollout 7, by ann)');
    assert.match(lines[2] ?? '', /^ {2}1 {5}#{24}\.{16} {4}60 %$/);
    assert.match(
      lines[3] ?? '',
      /^ {2}2 {5}#{12}\.{28} {4}30 % {2}200 calls, 2\.5 % failed, p50 0\.055 ms, p95 0\.055 ms$/,
    );
    assert.match(lines[4] ?? '', /^ {2}3 {5}#{4}\.{36} {4}10 %$/);
    assert.equal(lines.at(-1), 'next: from 1970-01-01T00:01:00Z on, with 10 calls of each version; 0 so far');
  });

  it('gives what was taken out to the champion, and all to what was promoted', () => {
    const stage = { kind: 'canary', step: 0 } as const;
    assert.deepEqual(
      sharesOf(standingOf({ phase: { kind: 'held', at: stage }, dropped: ['2'] })).map(([version, share]) => [
        version,
        Math.round(share * 100),
      ]),
      [
        ['1', 90],
        ['2', 0],
        ['3', 10],
      ],
    );
    assert.deepEqual(sharesOf(standingOf({ phase: { kind: 'promoted', version: '3' } })), [['3', 1]]);
  });
});

describe('a rollout that is typed', () => {
  it('is a plan that the registry takes', async () => {
    const { name, versions } = versionsOf(['digits/4', 'digits/5']);
    assert.equal(name, 'digits');
    const typed = { steps: '1,10', wait: '30s', calls: '50', sticky: 'x-user', shadow: '20' };
    const { arms, steps, sticky, shadow } = planFrom(await canaryPlan(versions, typed));
    assert.deepEqual(
      arms.map(({ version }) => version),
      ['4', '5'],
    );
    assert.deepEqual(
      steps,
      [1, 10].map((percent) => ({ percent, waitMs: 30_000, callsMin: 50 })),
    );
    assert.deepEqual([sticky, shadow?.percent, shadow?.waitMs], [{ kind: 'metadata', key: 'x-user' }, 20, 30_000]);
    const alone = planFrom(await shadowPlan(versions, { percent: '30' }));
    assert.deepEqual([alone.steps, alone.shadow?.percent], [[], 30]);
  });

  it('is refused where it is of several names, or names no number', async () => {
    assert.throws(() => versionsOf(['digits/4', 'other/5']), /want versions of one name, got digits and other/);
    assert.throws(() => versionsOf(['digits/champion']), /want the number of a version/);
  });
});
