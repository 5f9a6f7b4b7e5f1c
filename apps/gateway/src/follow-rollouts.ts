/** Takes up the rollouts of the registry in the folder, reports what was seen of them, and moves them where no other gateway does. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { log, randomHex } from '@sheaf/inference';
import { championsOf, type Registry, rolloutStoreOf, type Trust } from '@sheaf/registry';
import { createController, isOver, phaseText, type Rollout, type TrafficBook } from '@sheaf/rollout';

/** What was seen is reported, and rollouts are moved, so often. */
const everyMs = 1_000;

export interface FollowPorts {
  readonly folder: string;
  readonly book: TrafficBook;
  /** The registry in the folder, opened if it is not. */
  readonly registry: () => Promise<Registry>;
  /** A rollout promotes no version that it speaks against. */
  readonly trust: Trust;
  /** Which of the mesh's gateways this is, 1 and on. */
  readonly number: number;
}

/** Answers what ends it, with a last report. A mesh without a registry pays for nothing but a look whether there is one. */
export function followRollouts(ports: FollowPorts): () => Promise<void> {
  const { book, number } = ports;
  // Of this start: what a process counted that is gone stays, and is added once.
  const source = `gateway ${number} ${randomHex(8)}`;
  let opened: Opened | undefined;
  let isLost = false;
  const look = async (isTurn: boolean): Promise<void> => {
    try {
      opened ??= await openStore(ports, source, () => soon(false));
      if (!opened) return;
      if (isTurn) await opened.turn();
      book.follow(await opened.inForce());
      if (isLost) log('rollouts.readable', 'rollouts can be read again');
      isLost = false;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!isLost) log('rollouts.unreadable', `rollouts cannot be read or moved, and go on as they were: ${why}`);
      isLost = true;
    }
  };
  let running = look(true);
  let waiting = 0;
  const soon = (isTurn: boolean): void => {
    // One that waits will see what changes until it runs.
    if (waiting > 1) return;
    waiting++;
    running = running
      .then(() => look(isTurn))
      .finally(() => {
        waiting--;
      });
  };
  const timer = setInterval(() => soon(true), everyMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
    await opened?.end().catch(() => {});
  };
}

interface Opened {
  readonly inForce: () => Promise<readonly Rollout[]>;
  /** Reports, and moves what is to be moved. */
  readonly turn: () => Promise<void>;
  end(): Promise<void>;
}

async function openStore(
  { folder, book, registry, trust }: FollowPorts,
  source: string,
  onChanged: () => void,
): Promise<Opened | undefined> {
  const isThere = await stat(join(folder, '.sheaf', 'registry', 'registry.db')).catch(() => undefined);
  if (!isThere) return undefined;
  const { store: kept } = await registry();
  const store = rolloutStoreOf(kept);
  const champions = championsOf(kept, trust);
  const controller = createController(source, { store, champions, now: Date.now, onChange: tell });
  const unfollow = kept.onChanged(onChanged);
  return {
    inForce: store.inForce,
    turn: async () => {
      const reports = book.reports(source);
      if (reports.length > 0) await store.report(reports);
      const rollouts = await store.inForce();
      if (rollouts.some(({ state }) => !isOver(state))) await controller.tick();
    },
    end: async () => {
      unfollow();
      await store.report(book.reports(source));
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
