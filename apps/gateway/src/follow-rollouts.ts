/** Takes up the rollouts of the registry that the mesh serves from, and reports what was seen of them. In the folder, they are moved by whichever gateway has the lease; a registry elsewhere moves its own. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { log, randomHex } from '@sheaf/inference';
import type { RegistryPlace } from '@sheaf/mesh';
import {
  createRolloutMover,
  type Registry,
  rolloutsEveryMs,
  type Trust,
  watchedRollouts,
  watchRegistry,
} from '@sheaf/registry';
import type { RolloutReader, TrafficBook } from '@sheaf/rollout';
import { connectRegistry, readSecret } from '@sheaf/transport';

export interface FollowPorts {
  readonly book: TrafficBook;
  /** Opens what keeps the rollouts; undefined while there is nothing. `source` names this process in this start of it; `onChanged` is called when something may have changed. */
  readonly open: (source: string, onChanged: () => void) => Promise<OpenedRollouts | undefined>;
  /** Which of the mesh's gateways this is, 1 and on. */
  readonly number: number;
  /** Told with each look whether it went well. */
  readonly onLook?: (isWell: boolean) => void;
}

export interface OpenedRollouts {
  readonly store: RolloutReader;
  /** Moves what is to be moved. */
  readonly move?: () => Promise<void>;
  close(): void;
}

/** Answers what ends it, with a last report. */
export function followRollouts({ book, open, number, onLook = () => {} }: FollowPorts): () => Promise<void> {
  // Of this start: what a process counted that is gone stays, and is added once.
  const source = `gateway ${number} ${randomHex(8)}`;
  let opened: OpenedRollouts | undefined;
  let isLost = false;
  const look = async (isTurn: boolean): Promise<void> => {
    try {
      opened ??= await open(source, () => soon(false));
      if (!opened) return;
      const turned = isTurn ? turn(opened, book, source) : Promise.resolve();
      const [told] = await Promise.allSettled([turned]);
      // What cannot be reported or moved is taken up nevertheless.
      book.follow(await opened.store.inForce());
      if (told.status === 'rejected') throw told.reason;
      if (isLost) log('rollouts.readable', 'rollouts can be read again');
      isLost = false;
      onLook(true);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!isLost) log('rollouts.unreadable', `rollouts cannot be read or moved, and go on as they were: ${why}`);
      isLost = true;
      onLook(false);
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
  const timer = setInterval(() => soon(true), rolloutsEveryMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
    await opened?.store.report(book.reports(source)).catch(() => {});
    opened?.close();
  };
}

async function turn({ store, move }: OpenedRollouts, book: TrafficBook, source: string): Promise<void> {
  const reports = book.reports(source);
  if (reports.length > 0) await store.report(reports);
  await move?.();
}

/** Of the registry in the folder. A mesh without one pays for nothing but a look whether there is one. No version is promoted that `trust` speaks against. */
export const rolloutsOfFolder =
  (folder: string, registry: () => Promise<Registry>, trust: Trust): FollowPorts['open'] =>
  async (source, onChanged) => {
    const isThere = await stat(join(folder, '.sheaf', 'registry', 'registry.db')).catch(() => undefined);
    if (!isThere) return undefined;
    const opened = await registry();
    const { store, move } = createRolloutMover(opened, source, trust);
    return { store, move, close: opened.store.onChanged(onChanged) };
  };

/** Of questions that are answered once. Milliseconds. */
const timeoutMs = 10_000;

/** Of a registry elsewhere, by one watch, which is begun again when it breaks off. */
export const rolloutsElsewhere =
  ({ address, key, tls }: RegistryPlace & { readonly address: string }): FollowPorts['open'] =>
  async (_source, onChanged) => {
    const secret = key && readSecret('the key of the registry', key);
    const metadata = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
    const connection = connectRegistry(address, { metadata, tls, timeoutMs });
    const watch = watchRegistry(connection.calls);
    const ended = new AbortController();
    void callOnChange(watch, onChanged, ended.signal);
    return {
      store: watchedRollouts(connection.calls, watch, () => performance.now()),
      close: () => {
        ended.abort();
        watch.end();
        connection.close();
      },
    };
  };

async function callOnChange(
  watch: ReturnType<typeof watchRegistry>,
  onChanged: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted)
    try {
      const { epoch } = await watch.snapshot();
      await watch.changed(epoch, signal);
      if (!signal.aborted) onChanged();
    } catch {
      // Whoever looks at the rollouts says that they cannot be read.
      await setTimeout(rolloutsEveryMs, undefined, { signal, ref: false }).catch(() => {});
    }
}
