import { newState } from '../advance.ts';
import { type ArmEvidence, type Evidence, noArm, noEvidence, noShadow, type ShadowEvidence } from '../evidence.ts';
import { countMs } from '../histogram.ts';
import type { RolloutPlan } from '../plan.ts';
import type { Rollout } from '../state.ts';

/** Version 2 against version 1: 10 %, then 50 %, a second and 100 calls each. */
export const plan: RolloutPlan = {
  champion: '1',
  arms: [{ version: '2', weight: 1 }],
  sticky: { kind: 'tenant' },
  steps: [
    { percent: 10, waitMs: 1_000, callsMin: 100 },
    { percent: 50, waitMs: 1_000, callsMin: 100 },
  ],
  guards: {
    errors: { worseMax: 0.01 },
    latency: { quantile: 0.9, ratioMax: 1.5, slackMs: 1 },
    rules: { changedMax: 0.05 },
  },
  falseAlarmMax: 0.05,
};

export const shadow: NonNullable<RolloutPlan['shadow']> = {
  by: 'labels',
  tolerance: 1e-3,
  percent: 100,
  callsInFlightMax: 4,
  waitMs: 1_000,
  callsMin: 100,
  keepExamples: false,
};

export const rolloutOf = (given: Partial<RolloutPlan> = {}, id = 'r1'): Rollout => ({
  id,
  kind: 'model',
  name: 'digits',
  plan: { ...plan, ...given },
  state: newState(0),
  revision: 1,
  by: 'somebody',
  createdAtMs: 0,
});

/** Calls of which so many failed, all others answered after `ms`. */
export function arm(calls: number, failed = 0, ms = 10, ruled = 0): ArmEvidence {
  const made = noArm();
  made.calls = calls;
  made.failed = failed;
  made.ruled = ruled;
  for (let call = failed; call < calls; call++) countMs(made.latency, ms);
  return made;
}

export const shadowOf = (compared: number, agreed: number, given: Partial<ShadowEvidence> = {}): ShadowEvidence => ({
  ...noShadow(),
  compared,
  agreed,
  ...given,
});

export const seen = (given: Partial<Evidence>): Evidence => ({ ...noEvidence(), ...given });
