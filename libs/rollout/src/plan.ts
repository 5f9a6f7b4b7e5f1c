/** What somebody wants of a rollout: which versions are tried against which, how fast, and what ends it. */

/** By what callers stay with the version that they had. `random`: each call by itself. */
export type Sticky =
  | { readonly kind: 'tenant' }
  | { readonly kind: 'key' }
  | { readonly kind: 'metadata'; readonly key: string }
  | { readonly kind: 'random' };

/** A version that is tried, and its part of the percent of a step among all that are tried. */
export interface Arm {
  /** Decimal. */
  readonly version: string;
  /** Above 0. */
  readonly weight: number;
}

/** A share of the calls, and what has to have happened before the next one. */
export interface CanaryStep {
  /** Of the calls that name no version, for all arms together; above 0, at most 100. */
  readonly percent: number;
  /** It lasts at least so long, in milliseconds. */
  readonly waitMs: number;
  /** Each arm has answered or failed at least so many calls in it. */
  readonly callsMin: number;
}

/** When the answer of a shadow is the same as the one that the caller had. */
export interface Agreement {
  /** `labels`: whole numbers, texts, and the largest column of each row; `values`: every number. */
  readonly by: 'labels' | 'values';
  /** Two numbers are the same where they differ by at most this times (1 + the larger of both). */
  readonly tolerance: number;
}

/** Copies of calls, off the way of the reply. */
export interface CopyPlan extends Agreement {
  /** Of the calls, above 0, at most 100. */
  readonly percent: number;
  /** Copies that are under way at once, in each gateway. */
  readonly callsInFlightMax: number;
  /** Whether the worst disagreements are kept with the inputs of the call: they hold what callers sent. */
  readonly keepExamples: boolean;
}

/** The part of a rollout in which callers have the champion's answers still. */
export interface ShadowPlan extends CopyPlan {
  /** It lasts at least so long, in milliseconds. */
  readonly waitMs: number;
  /** So many copies have been compared, of each arm. */
  readonly callsMin: number;
}

/** What ends a rollout. Undefined: not looked at. */
export interface Guards {
  /** The part of its calls that fails, above that of the champion: 0.01 is one call in a hundred more. */
  readonly errors?: { readonly worseMax: number } | undefined;
  /** A quantile of how long answers take, over that of the champion. */
  readonly latency?:
    | {
        /** Above 0, below 1. */
        readonly quantile: number;
        /** 1.5: one and a half times as long. */
        readonly ratioMax: number;
        /** So many milliseconds more are always let pass: of short answers a ratio says little. */
        readonly slackMs: number;
      }
    | undefined;
  /** The part of the compared answers that is the same. */
  readonly agreement?: { readonly min: number } | undefined;
  /** The part of the calls in which a rule comes out otherwise. */
  readonly rules?: { readonly changedMax: number } | undefined;
  /** The mean loss of predictions whose outcome is known, 0 to 1, above that of the champion. */
  readonly quality?: { readonly worseMax: number } | undefined;
}

export type GuardName = keyof Guards;

export interface RolloutPlan {
  /** The version that calls get which name none, and that the arms are held against. Decimal. */
  readonly champion: string;
  /** One is a canary and is promoted by itself; several are an A/B/n test, of which somebody names the winner. */
  readonly arms: readonly [Arm, ...Arm[]];
  readonly sticky: Sticky;
  /** Before the first step, and beside all of them. */
  readonly shadow?: ShadowPlan | undefined;
  /** In order. None: the shadow goes on until somebody ends it. */
  readonly steps: readonly CanaryStep[];
  readonly guards: Guards;
  /** How often, at most, a rollout whose versions keep within the guards is ended by one of them nevertheless; 0.05 is one in twenty. */
  readonly falseAlarmMax: number;
}

/** How many readings of a guard one rollout can be ended by: what may go wrong by chance is shared out among them. An arm that is taken out begins another period. */
export function readingsOf({ arms, steps, shadow, guards }: RolloutPlan): number {
  const guarded = Object.values(guards).filter((guard) => guard !== undefined).length;
  const periods = steps.length + (shadow ? 1 : 0) + arms.length - 1;
  return arms.length * Math.max(1, guarded) * Math.max(1, periods);
}
