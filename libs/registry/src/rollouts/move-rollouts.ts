/** Moves the rollouts of a registry that this process has open, as long as it has the lease, and tells of each change. */
import { log } from '@sheaf/inference';
import { createController, isOver, phaseText, type Rollout, type RolloutStore } from '@sheaf/rollout';
import type { Registry } from '../registry.ts';
import type { Trust } from '../trusted.ts';
import { championsOf, rolloutStoreOf } from './rollout-store.ts';

/** What was seen is reported, and rollouts are moved, so often. Milliseconds. */
export const rolloutsEveryMs = 1_000;

export interface RolloutMover {
  readonly store: RolloutStore;
  /** Looks at all that are not over, once. Throws where the store does not answer, and what kept one from being moved. */
  move(): Promise<void>;
}

/** `holder` names this process in this start of it. No version is promoted that `trust` speaks against. */
export function createRolloutMover(registry: Pick<Registry, 'store'>, holder: string, trust: Trust): RolloutMover {
  const store = rolloutStoreOf(registry.store);
  const champions = championsOf(registry.store, trust);
  const controller = createController(holder, { store, champions, now: Date.now, onChange: tell });
  return {
    store,
    move: async () => {
      const rollouts = await store.inForce();
      if (rollouts.some(({ state }) => !isOver(state))) await controller.tick();
    },
  };
}

function tell({ id, name, plan, state }: Rollout): void {
  const to = phaseText(plan, state.phase);
  const { why = '', by = '' } = state.changes.at(-1) ?? {};
  const fields = { rollout: id, name, to, by };
  const event = state.phase.kind === 'rolled-back' ? 'rollout.rolled-back' : 'rollout.changed';
  log(event, `rollout ${id} of ${name}: ${to}: ${why}`, fields);
}

/** Moves them once a second. Answers what ends it; a turn that is under way ends first. */
export function moveRollouts({ move }: Pick<RolloutMover, 'move'>): () => Promise<void> {
  let isLost = false;
  let running: Promise<void> | undefined;
  const turn = async (): Promise<void> => {
    try {
      await move();
      if (isLost) log('rollouts.readable', 'rollouts can be moved again');
      isLost = false;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!isLost) log('rollouts.unreadable', `rollouts cannot be read or moved, and go on as they were: ${why}`);
      isLost = true;
    }
    running = undefined;
  };
  const timer = setInterval(() => (running ??= turn()), rolloutsEveryMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
