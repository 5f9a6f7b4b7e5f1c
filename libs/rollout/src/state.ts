/** Where a rollout stands. All of it is plain data, which is written down as it is. */

import type { GuardReading } from './guards.ts';
import type { RolloutPlan } from './plan.ts';

/** What a rollout is about. */
export type EntryKind = 'model' | 'pipeline';

/** The alias that a rollout is to move. */
export interface ChampionAlias {
  readonly version: string;
  /** Grows with each move of it. */
  readonly epoch: number;
  readonly isFrozen: boolean;
}

/** A part of a rollout in which the shares stay as they are. Steps count from 0. */
export type Stage = { readonly kind: 'shadow' } | { readonly kind: 'canary'; readonly step: number };

export type Phase =
  /** Nothing of it is in force yet. */
  | { readonly kind: 'pending' }
  | Stage
  /** Shares and guards go on; no further step is taken until somebody says so. */
  | { readonly kind: 'held'; readonly at: Stage }
  /** The same, since the alias of the champion is frozen: it goes on when it no longer is. */
  | { readonly kind: 'frozen'; readonly at: Stage }
  /** It is written down that the champion is to be moved; whoever has the lease moves it, once. */
  | { readonly kind: 'promoting'; readonly version: string; readonly expectedEpoch: number }
  | { readonly kind: 'promoted'; readonly version: string }
  /** A guard has ended it. */
  | { readonly kind: 'rolled-back' }
  /** Somebody has ended it, or the champion became another one. */
  | { readonly kind: 'aborted' };

/** One change, with why. */
export interface Change {
  readonly atMs: number;
  /** In words, such as `canary 2 of 4 (25 %)`. */
  readonly to: string;
  readonly why: string;
  /** `rollout` of itself, else who said so. */
  readonly by: string;
  /** What the guards said then. */
  readonly readings: readonly GuardReading[];
}

export interface RolloutState {
  readonly phase: Phase;
  /** When the phase began; of one that is held, when its stage began. Milliseconds since 1970. */
  readonly sinceMs: number;
  /** Evidence is counted anew with each, and each has other shares: 1 and on. */
  readonly period: number;
  /** Arms that a guard has taken out. */
  readonly dropped: readonly string[];
  /** The latest last. */
  readonly changes: readonly Change[];
}

/** A rollout as it is stored. */
export interface Rollout {
  /** Unique, never used again; the store gives it. */
  readonly id: string;
  readonly kind: EntryKind;
  /** The model or pipeline. */
  readonly name: string;
  readonly plan: RolloutPlan;
  readonly state: RolloutState;
  /** Grows by one with each change of it that is stored. */
  readonly revision: number;
  readonly by: string;
  readonly createdAtMs: number;
}

/** Changes that are kept: more than a rollout of the most steps has. */
const changesMax = 64;

export const isOver = ({ phase: { kind } }: RolloutState): boolean =>
  kind === 'promoted' || kind === 'rolled-back' || kind === 'aborted';

/** The stage whose shares are in force; undefined where there is none. */
export function stageOf({ phase }: RolloutState): Stage | undefined {
  switch (phase.kind) {
    case 'shadow':
    case 'canary':
      return phase;
    case 'held':
    case 'frozen':
      return phase.at;
    default:
      return undefined;
  }
}

/** The versions that are tried still. */
export const liveArms = (plan: RolloutPlan, { dropped }: RolloutState): readonly string[] =>
  plan.arms.map(({ version }) => version).filter((version) => !dropped.includes(version));

export function phaseText({ steps }: RolloutPlan, phase: Phase): string {
  switch (phase.kind) {
    case 'canary':
      return `canary ${phase.step + 1} of ${steps.length} (${steps[phase.step]?.percent} %)`;
    case 'held':
    case 'frozen':
      return `${phase.kind} at ${phaseText({ steps } as RolloutPlan, phase.at)}`;
    case 'promoting':
    case 'promoted':
      return `${phase.kind} ${phase.version}`;
    default:
      return phase.kind;
  }
}

/** `state` with another phase, told among its changes. `isOtherPeriod`: the shares change too. */
export function changed(
  plan: RolloutPlan,
  state: RolloutState,
  phase: Phase,
  told: Omit<Change, 'to'>,
  isOtherPeriod: boolean,
): RolloutState {
  const to = phaseText(plan, phase);
  return {
    ...state,
    phase,
    sinceMs: isOtherPeriod ? told.atMs : state.sinceMs,
    period: state.period + (isOtherPeriod ? 1 : 0),
    changes: [...state.changes, { ...told, to }].slice(-changesMax),
  };
}
