/** A registry that this process has open, as a source. */
import { InferError } from '@sheaf/inference';
import type { Registry } from '@sheaf/registry';
import type { RegistrySource } from './source.ts';

/** Moves that are looked through for what an alias meant before. */
const movesMax = 256;

/** It is closed with the source. */
export function registrySource({ store, blobs, close }: Registry): RegistrySource {
  return {
    snapshot: () => store.snapshot(),
    version: async ({ name }, version) => {
      const record = await store.getVersion(name, version);
      if (!record) throw new InferError('NOT_FOUND', `the registry has no version ${version} of ${name}`);
      return record;
    },
    former: async ({ name }, alias, count) => {
      const moves = await store.history(name, { alias, limit: movesMax });
      const [, ...before] = new Set(moves.flatMap(({ to }) => to ?? []));
      return before.slice(0, count);
    },
    read: ({ sha256 }, offset) => blobs.read(sha256, offset),
    changed: (epoch, signal) => changed(store, epoch, signal),
    close,
  };
}

async function changed(store: Registry['store'], epoch: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = store.onChanged(resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  try {
    // What changed before anybody listened has been told to nobody.
    if (!signal.aborted && (await store.epoch()) === epoch) await promise;
  } finally {
    stop();
  }
}
