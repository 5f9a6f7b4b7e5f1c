/** What of a rollout is in force at a gateway, and which version a call gets. */
import { hash } from 'node:crypto';
import { type Evidence, noEvidence } from './evidence.ts';
import type { Arm, CopyPlan, Sticky } from './plan.ts';
import { liveArms, type Rollout, stageOf } from './state.ts';

/** How calls of one name that name no version are shared out, and which of them are copied. */
export interface Traffic {
  /** What keys are hashed with, so that it is not the same callers who are the first each time. */
  readonly salt: string;
  readonly sticky: Sticky;
  /** What those get who are in no share. '' is the version that they would have without. */
  readonly champion: string;
  /** Of the calls, for all arms together. */
  readonly percent: number;
  readonly arms: readonly Arm[];
  /** Arms whose callers go to the champion. */
  readonly dropped: readonly string[];
  /** Versions that have copies. */
  readonly shadows: readonly ShadowTraffic[];
  /** What is seen of it here is counted in this, and in what follows of the same period. */
  readonly evidence: Evidence;
}

export interface ShadowTraffic extends CopyPlan {
  readonly version: string;
}

/** Undefined where nothing of it is in force. `evidence`: what was counted before in its period. */
export function trafficOf(
  { id, plan, state }: Pick<Rollout, 'id' | 'plan' | 'state'>,
  evidence = noEvidence(),
): Traffic | undefined {
  const { champion, arms, sticky, shadow } = plan;
  const shared = { salt: id, sticky, champion, dropped: state.dropped, evidence };
  const { phase } = state;
  // Until every gateway has the other champion; it is what the alias says, or will say in a moment.
  if (phase.kind === 'promoting' || phase.kind === 'promoted')
    return { ...shared, champion: phase.version, percent: 0, arms: [], shadows: [] };
  const stage = stageOf(state);
  if (!stage) return undefined;
  const live = liveArms(plan, state);
  const percent = stage.kind === 'canary' ? (plan.steps[stage.step]?.percent ?? 0) : 0;
  return { ...shared, percent, arms, shadows: shadow ? live.map((version) => ({ ...shadow, version })) : [] };
}

/**
 * The version that a call gets. A key is hashed to two numbers: whether it is in the share, and in whose part of it; so a share that grows takes callers from
 * the champion alone, and one that goes gives them back to it. `key` undefined: each call by itself. `random` answers 0 up to 1.
 */
export function chooseVersion(traffic: Traffic, key: string | undefined, random: () => number = Math.random): string {
  const { percent, arms, champion, dropped } = traffic;
  if (percent <= 0 || arms.length === 0) return champion;
  const [inside, part] = key === undefined ? [random(), random()] : hashed(traffic.salt, key);
  if (inside * 100 >= percent) return champion;
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  let left = part * total;
  const arm = arms.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  const version = arm?.version ?? champion;
  return dropped.includes(version) ? champion : version;
}

/** Two numbers from 0 up to 1. */
function hashed(salt: string, key: string): readonly [number, number] {
  const hex = hash('sha256', JSON.stringify([salt, key]), 'hex');
  const part = (from: number): number => Number.parseInt(hex.slice(from, from + 12), 16) / 2 ** 48;
  return [part(0), part(12)];
}
