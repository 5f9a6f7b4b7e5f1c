/** What a registry needs done now and then, by whichever process comes first: files that nobody needs go, and all others are looked through. */
import { randomUUID } from 'node:crypto';
import { InferError, log } from '@sheaf/inference';
import type { RegistryStore } from './registry-store.ts';

const hourMs = 3_600_000;

export interface Tended {
  readonly store: RegistryStore;
  readonly sweep: () => Promise<unknown>;
  readonly scrub: () => Promise<unknown>;
}

/** How often it is looked whether something has to be done. */
export const tendEveryMs = hourMs / 4;

/** Sweeps once an hour and scrubs once a day, whoever is asked how often. Does not throw: what failed is logged, and done later. */
export async function tend({ store, sweep, scrub }: Tended): Promise<void> {
  try {
    if (await isDue(store, 'sweep', hourMs)) await sweep();
    if (await isDue(store, 'scrub', 24 * hourMs)) await scrub();
  } catch (error) {
    // Whoever closes the registry does not wait for it; another process goes on, or this one when it is back.
    if (error instanceof InferError && error.reason === 'REGISTRY_CLOSED') return;
    log('registry.untended', 'files of the registry could not be looked after', {}, error);
  }
}

/** A lease that nobody gives back or renews is free again when its time is up: then it is due. */
async function isDue(store: RegistryStore, task: string, everyMs: number): Promise<boolean> {
  const holder = randomUUID();
  return (await store.takeLease(task, holder, everyMs)).holder === holder;
}
