/** What a rollout needs of where it is stored. */
import type { Evidence } from './evidence.ts';
import type { ChampionAlias, EntryKind, Rollout } from './state.ts';

/** What one process has seen in one period of a rollout. */
export interface Report {
  readonly rollout: string;
  readonly period: number;
  /** Of the process, and of this start of it: what it reports later takes the place of what it reported before. */
  readonly source: string;
  readonly evidence: Evidence;
}

/** As much as gateways need. */
export interface RolloutReader {
  /** Those that are not over, and those that have moved the champion a moment ago, as long as nobody moves it again. */
  inForce(): Promise<readonly Rollout[]>;
  /** Puts down what was seen, in place of the report of the same source before. Of periods that are past nothing is kept for ever. */
  report(reports: readonly Report[]): Promise<void>;
}

/** All of it. Several processes have it at once, and each may end at any point. */
export interface RolloutStore extends RolloutReader {
  get(id: string): Promise<Rollout | undefined>;
  /** Of a name, the latest first; at most `most`. */
  list(kind: EntryKind, name: string, most: number): Promise<readonly Rollout[]>;
  /** Gives it its id; undefined where the name has one that is not over. */
  add(rollout: Omit<Rollout, 'id'>): Promise<Rollout | undefined>;
  /** Puts `rollout` in place of the one of `revision - 1`; false where that is another by now. */
  replace(rollout: Rollout): Promise<boolean>;
  /** What each source has reported last. */
  reportsOf(rollout: string, period: number): Promise<readonly Evidence[]>;
  /** True for one holder at a time, until `ttlMs` after it was asked last. */
  holdLease(holder: string, ttlMs: number): Promise<boolean>;
}

/** The alias `champion` of a name. */
export interface Champions {
  get(kind: EntryKind, name: string): Promise<ChampionAlias | undefined>;
  /**
   * Compare-and-set, with its entry in the history. `moved-before`: the epoch is another by now. What else speaks against it is a sentence, and will be the
   * same the next time.
   */
  move(move: ChampionMove): Promise<'moved' | 'moved-before' | { readonly refused: string }>;
}

export interface ChampionMove {
  readonly kind: EntryKind;
  readonly name: string;
  readonly to: string;
  readonly expectedEpoch: number;
  readonly by: string;
  readonly why: string;
  /** JSON of what the guards said. */
  readonly evidence: string;
}
