import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { advance, type Command, command, type Seen } from './advance.ts';
import { noEvidence } from './evidence.ts';
import { phaseText, type RolloutState } from './state.ts';
import { arm, rolloutOf, seen, shadow, shadowOf, plan as usual } from './testing/test-rollout.ts';

const champion = { version: '1', epoch: 7, isFrozen: false };
const { plan, state: pending } = rolloutOf();
const at = (nowMs: number, evidence = noEvidence(), other: Partial<typeof champion> = {}): Seen => ({
  nowMs,
  evidence,
  champion: { ...champion, ...other },
});
const well = seen({ arms: { 1: arm(900), 2: arm(100) } });
const text = (state: RolloutState, of = plan): string => phaseText(of, state.phase);
const whyOf = ({ changes }: RolloutState): string => changes.at(-1)?.why ?? '';

/** Through all that comes before, with nothing to complain of. */
const begun = advance(plan, pending, at(0));

describe('a rollout', () => {
  it('goes from step to step, each when its time and its calls are over, and promotes by itself', () => {
    assert.equal(text(begun), 'canary 1 of 2 (10 %)');
    assert.equal(advance(plan, begun, at(999, well)), begun);
    assert.equal(advance(plan, begun, at(5_000, seen({ arms: { 1: arm(900), 2: arm(99) } }))), begun);
    const second = advance(plan, begun, at(1_000, well));
    assert.equal(text(second), 'canary 2 of 2 (50 %)');
    assert.equal(second.period, begun.period + 1);
    // What was seen in the first step is not in the evidence of the second.
    assert.equal(advance(plan, second, at(3_000)), second);
    const promoting = advance(plan, second, at(2_000, well));
    assert.deepEqual(promoting.phase, { kind: 'promoting', version: '2', expectedEpoch: 7 });
    assert.equal(advance(plan, promoting, at(2_001)), promoting);
    const promoted = advance(plan, promoting, at(2_002, noEvidence(), { version: '2', epoch: 8 }));
    assert.deepEqual(promoted.phase, { kind: 'promoted', version: '2' });
    assert.equal(advance(plan, promoted, at(9_000)), promoted);
  });

  it('writes down why, and what was seen', () => {
    const second = advance(plan, begun, at(1_000, well));
    assert.match(whyOf(second), /^canary 1 of 2 \(10 %\) has had 1 s and 100 calls, and no guard speaks against it$/);
    assert.deepEqual(
      second.changes.at(-1)?.readings.map(({ guard }) => guard),
      ['errors', 'latency', 'rules'],
    );
  });

  for (const [guard, evidence, why] of [
    [
      'errors',
      { 1: arm(500), 2: arm(50, 25) },
      /^errors: version 2 fails in .* of 50 calls, version 1 .* of 500; 1 % more is let pass$/,
    ],
    [
      'latency',
      { 1: arm(500, 0, 10), 2: arm(200, 0, 40) },
      /^latency: p90 of version 2 is .* in 200 answers, of version 1 .* in 500/,
    ],
    ['rules', { 1: arm(500), 2: arm(50, 0, 10, 30) }, /^rules: rules act in .* of 50 calls of version 2/],
  ] as const)
    it(`is rolled back by the guard on ${guard}, with the reason`, () => {
      const rolledBack = advance(plan, begun, at(10, seen({ arms: evidence })));
      assert.deepEqual(rolledBack.phase, { kind: 'rolled-back' });
      assert.match(whyOf(rolledBack), why);
      const failed = rolledBack.changes.at(-1)?.readings.filter(({ verdict }) => verdict === 'failed');
      assert.deepEqual(
        failed?.map((reading) => reading.guard),
        [guard],
      );
    });

  it('is tried in shadow first, and rolled back where it answers otherwise', () => {
    const shadowed = { ...plan, shadow, guards: { agreement: { min: 0.9 } } };
    const inShadow = advance(shadowed, pending, at(0));
    assert.equal(text(inShadow), 'shadow');
    const good = advance(shadowed, inShadow, at(1_000, seen({ shadows: { 2: shadowOf(100, 97) } })));
    assert.equal(text(good, shadowed), 'canary 1 of 2 (10 %)');
    const bad = advance(shadowed, inShadow, at(1_000, seen({ shadows: { 2: shadowOf(100, 60) } })));
    assert.equal(text(bad), 'rolled-back');
    assert.match(whyOf(bad), /^agreement: version 2 answers otherwise in .* of 100 copies; 10 % is let pass$/);
  });

  it('stays in shadow where there is no step behind it', () => {
    const only = { ...plan, shadow, steps: [] };
    const inShadow = advance(only, pending, at(0));
    assert.equal(advance(only, inShadow, at(1e9, seen({ shadows: { 2: shadowOf(1e6, 1e6) } }))), inShadow);
  });

  it('ends when somebody else moves the champion, before and while it does', () => {
    const other = at(10, noEvidence(), { version: '3', epoch: 8 });
    assert.equal(text(advance(plan, begun, other)), 'aborted');
    const promoting: RolloutState = { ...begun, phase: { kind: 'promoting', version: '2', expectedEpoch: 7 } };
    const aborted = advance(plan, promoting, at(10, noEvidence(), { epoch: 9 }));
    assert.equal(text(aborted), 'aborted');
    assert.match(whyOf(aborted), /somebody else has moved the champion meanwhile, to version 1/);
  });

  it('stands while the alias is frozen, and is rolled back all the same', () => {
    const frozen = advance(plan, begun, at(5_000, well, { isFrozen: true }));
    assert.equal(text(frozen), 'frozen at canary 1 of 2 (10 %)');
    assert.equal(advance(plan, frozen, at(6_000, well, { isFrozen: true })), frozen);
    const ill = seen({ arms: { 1: arm(500), 2: arm(50, 25) } });
    assert.equal(text(advance(plan, frozen, at(6_000, ill, { isFrozen: true }))), 'rolled-back');
    const again = advance(plan, frozen, at(6_000, well));
    assert.equal(text(again), 'canary 1 of 2 (10 %)');
    assert.equal(again.period, begun.period);
    assert.equal(text(advance(plan, again, at(6_001, well))), 'canary 2 of 2 (50 %)');
  });

  it('takes out one of several that is worse, and waits for somebody to name the winner', () => {
    const arms = [
      { version: '2', weight: 1 },
      { version: '3', weight: 1 },
    ] as const;
    const several = { ...usual, arms };
    const first = advance(several, pending, at(0));
    const one = advance(several, first, at(10, seen({ arms: { 1: arm(500), 2: arm(50, 40), 3: arm(50) } })));
    assert.deepEqual([text(one), one.dropped, one.period], ['canary 1 of 2 (10 %)', ['2'], first.period + 1]);
    const last = advance(several, one, at(2_000, seen({ arms: { 1: arm(500), 3: arm(100) } })));
    const held = advance(several, last, at(4_000, seen({ arms: { 1: arm(500), 3: arm(100) } })));
    assert.equal(text(held), 'held at canary 2 of 2 (50 %)');
    assert.match(whyOf(held), /somebody has to name the one that is promoted$/);
  });
});

describe('what somebody says', () => {
  const say = (state: RolloutState, given: Command, seenNow = at(10)) =>
    command(plan, state, given, { seen: seenNow, by: 'ann', why: 'so' });
  const become = (state: RolloutState, given: Command): RolloutState => {
    const next = say(state, given);
    assert.ok(typeof next !== 'string', `refused: ${next}`);
    return next;
  };

  it('holds it: no step, guards as ever, and on from there', () => {
    const held = become(begun, { kind: 'hold' });
    assert.equal(text(held), 'held at canary 1 of 2 (10 %)');
    assert.equal(advance(plan, held, at(1e6, well)), held);
    const ill = seen({ arms: { 1: arm(500), 2: arm(50, 25) } });
    assert.equal(text(advance(plan, held, at(20, ill))), 'rolled-back');
    const resumed = become(held, { kind: 'resume' });
    assert.equal(text(advance(plan, resumed, at(1_000, well))), 'canary 2 of 2 (50 %)');
    assert.equal(resumed.changes.at(-1)?.by, 'ann');
  });

  it('aborts it, and promotes it now', () => {
    assert.equal(text(become(begun, { kind: 'abort' })), 'aborted');
    const promoting = become(begun, { kind: 'promote' });
    assert.deepEqual(promoting.phase, { kind: 'promoting', version: '2', expectedEpoch: 7 });
  });

  it('is refused in a sentence where it makes no sense', () => {
    const over = become(begun, { kind: 'abort' });
    assert.equal(say(over, { kind: 'hold' }), 'the rollout is over: aborted');
    assert.match(
      String(say(pending, { kind: 'hold' })),
      /^want a rollout whose shares are in force, got one that is pending$/,
    );
    assert.match(String(say(begun, { kind: 'resume' })), /^want a rollout that is held/);
    assert.equal(say(begun, { kind: 'promote', version: '9' }), 'want one of the versions 2, got 9');
    assert.equal(
      say(begun, { kind: 'promote' }, at(10, noEvidence(), { isFrozen: true })),
      'the alias champion is frozen',
    );
  });
});
