import { type Evidence, noEvidence } from '../evidence.ts';
import type { ChampionMove, Champions, RolloutStore } from '../ports.ts';
import { type ChampionAlias, isOver, type Rollout } from '../state.ts';

/** In the memory of one process. */
export function createMemoryStore(now: () => number): RolloutStore & { readonly size: () => number } {
  const rollouts = new Map<string, Rollout>();
  const reports = new Map<string, { readonly rollout: string; readonly period: number; readonly evidence: Evidence }>();
  let lease = { holder: '', until: Number.NEGATIVE_INFINITY };
  // What is stored is no part of what was given, nor of what is answered.
  const all = (): Rollout[] => [...rollouts.values()].map((rollout) => structuredClone(rollout));
  return {
    size: () => reports.size,
    inForce: async () => all().filter(({ state }) => !isOver(state) || now() - state.sinceMs < 60_000),
    report: async (given) => {
      for (const { rollout, period, source, evidence } of given)
        reports.set(`${rollout} ${source}`, { rollout, period, evidence: structuredClone(evidence) });
    },
    get: async (id) => all().find((rollout) => rollout.id === id),
    list: async (kind, name, most) =>
      all()
        .filter((rollout) => rollout.kind === kind && rollout.name === name)
        .toSorted((a, b) => b.createdAtMs - a.createdAtMs)
        .slice(0, most),
    add: async (draft) => {
      const isTaken = all().some(
        ({ kind, name, state }) => kind === draft.kind && name === draft.name && !isOver(state),
      );
      if (isTaken) return undefined;
      const rollout = { ...draft, id: `r${rollouts.size + 1}` };
      rollouts.set(rollout.id, structuredClone(rollout));
      return rollout;
    },
    replace: async (rollout) => {
      if (rollouts.get(rollout.id)?.revision !== rollout.revision - 1) return false;
      rollouts.set(rollout.id, structuredClone(rollout));
      return true;
    },
    reportsOf: async (rollout, period) =>
      [...reports.values()]
        .filter((report) => report.rollout === rollout && report.period === period)
        .map(({ evidence }) => ({ ...noEvidence(), ...structuredClone(evidence) })),
    holdLease: async (holder, ttlMs) => {
      if (lease.holder !== holder && lease.until > now()) return false;
      lease = { holder, until: now() + ttlMs };
      return true;
    },
  };
}

/** An alias of one name. */
export function createMemoryChampions(version: string): Champions & {
  readonly alias: ChampionAlias;
  readonly moves: ChampionMove[];
  /** Somebody else moves or freezes it. */
  set(alias: Partial<ChampionAlias>): void;
} {
  let alias: ChampionAlias = { version, epoch: 1, isFrozen: false };
  const moves: ChampionMove[] = [];
  return {
    moves,
    get alias() {
      return alias;
    },
    set: (given) => {
      alias = { ...alias, ...given };
    },
    get: async () => alias,
    move: async (move) => {
      if (move.expectedEpoch !== alias.epoch) return 'moved-before';
      if (alias.isFrozen) return { refused: 'the alias is frozen' };
      alias = { ...alias, version: move.to, epoch: alias.epoch + 1 };
      moves.push(move);
      return 'moved';
    },
  };
}
