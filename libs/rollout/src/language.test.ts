import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePlan, planOf } from './language.ts';

const planFrom = (value: unknown) => {
  const given = parsePlan(value);
  assert.ok(typeof given !== 'string', String(given));
  return planOf(given, '3');
};

describe('the plan of a rollout', () => {
  it('needs no more than a version', () => {
    const { champion, arms, sticky, shadow, steps, guards, falseAlarmMax } = planFrom({ versions: { 4: 1 } });
    assert.deepEqual(
      [champion, arms, sticky, shadow],
      ['3', [{ version: '4', weight: 1 }], { kind: 'tenant' }, undefined],
    );
    assert.deepEqual(
      steps.map(({ percent }) => percent),
      [5, 25, 50],
    );
    assert.deepEqual(
      Object.keys(guards).filter((name) => guards[name as keyof typeof guards]),
      ['errors', 'latency', 'rules'],
    );
    assert.equal(falseAlarmMax, 0.05);
  });

  it('may say all of it', () => {
    const plan = planFrom({
      versions: { 4: 3, 5: 1 },
      sticky: { metadata: 'x-user' },
      shadow: { percent: 20, callsInFlight: 4, agree: 'values', tolerance: 0.1, wait: '5m', calls: 50, examples: true },
      steps: [{ percent: 1, wait: '30s', calls: 7 }],
      guards: { agreement: 0.9, latency: { quantile: 0.99, ratio: 2, slack: '10ms' } },
      falseAlarm: 0.01,
    });
    assert.deepEqual(plan, {
      champion: '3',
      arms: [
        { version: '4', weight: 3 },
        { version: '5', weight: 1 },
      ],
      sticky: { kind: 'metadata', key: 'x-user' },
      shadow: {
        ...{ percent: 20, callsInFlightMax: 4, by: 'values', tolerance: 0.1 },
        ...{ waitMs: 300_000, callsMin: 50, keepExamples: true },
      },
      steps: [{ percent: 1, waitMs: 30_000, callsMin: 7 }],
      guards: {
        errors: undefined,
        latency: { quantile: 0.99, ratioMax: 2, slackMs: 10 },
        agreement: { min: 0.9 },
        rules: undefined,
        quality: undefined,
      },
      falseAlarmMax: 0.01,
    });
  });

  it('is told what is wrong with it, with the place', () => {
    const wrong = parsePlan({ versions: { x: 1 }, steps: [{ percent: 0 }], sticky: 'moon', guards: { errors: 2 } });
    assert.match(String(wrong), /versions.*\n?.*/);
    for (const place of [/steps\.0\.percent: /, /sticky: /, /guards\.errors: /]) assert.match(String(wrong), place);
  });
});
