/** The state machine of a rollout: what is next, by what was seen and by what somebody says. Pure; whoever calls it writes the answer down. */
import type { Evidence } from './evidence.ts';
import { type GuardReading, readGuards } from './guards.ts';
import type { RolloutPlan } from './plan.ts';
import {
  type ChampionAlias,
  type Change,
  changed,
  isOver,
  liveArms,
  type Phase,
  phaseText,
  type RolloutState,
  type Stage,
  stageOf,
} from './state.ts';

export interface Seen {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Of the period that the state is in, of all gateways together. */
  readonly evidence: Evidence;
  /** Undefined where the name has none. */
  readonly champion: ChampionAlias | undefined;
}

/** Who moves a rollout that nobody has to look after. */
export const itself = 'rollout';

export const newState = (nowMs: number): RolloutState => ({
  phase: { kind: 'pending' },
  sinceMs: nowMs,
  period: 0,
  dropped: [],
  changes: [],
});

/** What the rollout does by itself; the same object where that is nothing. */
export function advance(plan: RolloutPlan, state: RolloutState, seen: Seen): RolloutState {
  const { phase } = state;
  if (isOver(state)) return state;
  const { champion } = seen;
  if (phase.kind === 'promoting') return promoting(plan, state, phase, seen);
  if (champion?.version !== plan.champion)
    return end(plan, state, seen, { kind: 'aborted' }, movedText(plan.champion, champion));
  const stage = stageOf(state);
  if (!stage) {
    if (champion.isFrozen) return state;
    const first: Stage = plan.shadow ? { kind: 'shadow' } : { kind: 'canary', step: 0 };
    return changed(plan, state, first, told(seen, 'it begins', []), true);
  }
  const readings = readGuards(plan, seen.evidence, liveArms(plan, state));
  const failed = readings.filter(({ verdict }) => verdict === 'failed');
  if (failed.length > 0) return takeOut(plan, state, seen, failed, readings);
  return goOn(plan, state, seen, { stage, champion, readings });
}

/** The alias is moved by whoever has the lease; here is seen what became of that. */
function promoting(
  plan: RolloutPlan,
  state: RolloutState,
  { version, expectedEpoch }: Extract<Phase, { kind: 'promoting' }>,
  seen: Seen,
): RolloutState {
  const { champion } = seen;
  if (champion?.version === version) {
    const why = `the champion is version ${version} now`;
    return changed(plan, state, { kind: 'promoted', version }, told(seen, why, []), true);
  }
  if (champion?.epoch === expectedEpoch) return state;
  const why = `somebody else has moved the champion meanwhile, to ${champion ? `version ${champion.version}` : 'none'}`;
  return end(plan, state, seen, { kind: 'aborted' }, why);
}

/** Takes out the arms that a guard speaks against; the rollout is over when none is left. */
function takeOut(
  plan: RolloutPlan,
  state: RolloutState,
  seen: Seen,
  failed: readonly GuardReading[],
  readings: readonly GuardReading[],
): RolloutState {
  const dropped = [...new Set([...state.dropped, ...failed.map(({ version }) => version)])];
  const next = { ...state, dropped };
  const why = failed.map(({ guard, told: sentence }) => `${guard}: ${sentence}`).join('; ');
  const isLast = liveArms(plan, next).length === 0;
  return changed(plan, next, isLast ? { kind: 'rolled-back' } : state.phase, told(seen, why, readings), true);
}

interface Going {
  readonly stage: Stage;
  readonly champion: ChampionAlias;
  readonly readings: readonly GuardReading[];
}

/** No guard speaks against it. */
function goOn(plan: RolloutPlan, state: RolloutState, seen: Seen, { stage, champion, readings }: Going): RolloutState {
  const { phase } = state;
  if (phase.kind === 'held') return state;
  if (champion.isFrozen) {
    if (phase.kind === 'frozen') return state;
    const why = 'the alias champion is frozen';
    return changed(plan, state, { kind: 'frozen', at: stage }, told(seen, why, readings), false);
  }
  if (phase.kind === 'frozen')
    return changed(plan, state, stage, told(seen, 'the alias champion is not frozen any more', readings), false);
  const passed = passedText(plan, state, stage, seen);
  if (passed === undefined) return state;
  const next = after(plan, stage);
  if (next) return changed(plan, state, next, told(seen, passed, readings), true);
  const [version, ...others] = liveArms(plan, state);
  if (version === undefined || others.length > 0 || plan.arms.length > 1) {
    const why = `${passed}; of several versions somebody has to name the one that is promoted`;
    return changed(plan, state, { kind: 'held', at: stage }, told(seen, why, readings), false);
  }
  const promotion: Phase = { kind: 'promoting', version, expectedEpoch: champion.epoch };
  return changed(plan, state, promotion, told(seen, passed, readings), true);
}

/** Why the stage has done its part; undefined while it has not. A shadow without steps behind it goes on. */
function passedText(
  plan: RolloutPlan,
  state: RolloutState,
  stage: Stage,
  { nowMs, evidence }: Seen,
): string | undefined {
  const live = liveArms(plan, state);
  const limits = stage.kind === 'shadow' ? plan.shadow : plan.steps[stage.step];
  if (!limits || (stage.kind === 'shadow' && plan.steps.length === 0)) return undefined;
  const { waitMs, callsMin } = limits;
  const counts = live.map((version) =>
    stage.kind === 'shadow' ? (evidence.shadows[version]?.compared ?? 0) : (evidence.arms[version]?.calls ?? 0),
  );
  const least = Math.min(...counts);
  const elapsedMs = nowMs - state.sinceMs;
  if (elapsedMs < waitMs || least < callsMin) return undefined;
  const what = stage.kind === 'shadow' ? 'compared copies' : 'calls';
  return `${phaseText(plan, stage)} has had ${Math.round(elapsedMs / 1_000)} s and ${least} ${what}, and no guard speaks against it`;
}

function after({ steps }: RolloutPlan, stage: Stage): Stage | undefined {
  const step = stage.kind === 'shadow' ? 0 : stage.step + 1;
  return step < steps.length ? { kind: 'canary', step } : undefined;
}

const told = ({ nowMs }: Seen, why: string, readings: readonly GuardReading[], by = itself): Omit<Change, 'to'> => ({
  atMs: nowMs,
  why,
  by,
  readings,
});

const end = (plan: RolloutPlan, state: RolloutState, seen: Seen, phase: Phase, why: string): RolloutState =>
  changed(plan, state, phase, told(seen, why, []), true);

const movedText = (wanted: string, champion: ChampionAlias | undefined): string =>
  `the champion is ${champion ? `version ${champion.version}` : 'no version'} by now, and the rollout is about version ${wanted}`;

/** What somebody says to a rollout. `promote` names the version where there are several. */
export type Command =
  | { readonly kind: 'hold' | 'resume' | 'abort' }
  | { readonly kind: 'promote'; readonly version?: string | undefined };

/** What a command makes of a state, or why it cannot be carried out, in a sentence. */
export function command(
  plan: RolloutPlan,
  state: RolloutState,
  given: Command,
  { seen, by, why }: { readonly seen: Seen; readonly by: string; readonly why: string },
): RolloutState | string {
  const stage = stageOf(state);
  const live = liveArms(plan, state);
  const readings = readGuards(plan, seen.evidence, live);
  const said = told(seen, why, readings, by);
  if (isOver(state)) return `the rollout is over: ${phaseText(plan, state.phase)}`;
  switch (given.kind) {
    case 'hold':
      if (!stage) return `want a rollout whose shares are in force, got one that is ${phaseText(plan, state.phase)}`;
      return changed(plan, state, { kind: 'held', at: stage }, said, false);
    case 'resume':
      if (state.phase.kind !== 'held') return `want a rollout that is held, got ${phaseText(plan, state.phase)}`;
      return changed(plan, state, state.phase.at, said, false);
    case 'abort':
      if (state.phase.kind === 'promoting') return 'the champion is being moved already';
      return changed(plan, state, { kind: 'aborted' }, said, true);
    case 'promote': {
      const { version = live.length === 1 ? live[0] : undefined } = given;
      if (state.phase.kind === 'promoting') return 'the champion is being moved already';
      if (version === undefined) return `want one of the versions ${live.join(', ')}, got none`;
      if (!live.includes(version)) return `want one of the versions ${live.join(', ')}, got ${version}`;
      if (!seen.champion || seen.champion.version !== plan.champion) return movedText(plan.champion, seen.champion);
      if (seen.champion.isFrozen) return 'the alias champion is frozen';
      return changed(plan, state, { kind: 'promoting', version, expectedEpoch: seen.champion.epoch }, said, true);
    }
  }
}
