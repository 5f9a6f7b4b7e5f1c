/** A registry that is asked by gRPC, as a source: one watch says what is there and what changes. */

import { InferError } from '@sheaf/inference';
import { digestOf, manifestOf, type WatchedEntry, watchRegistry } from '@sheaf/registry';
import type { RegistryConnection } from '@sheaf/transport';
import type { RegistrySource, SourceEntry } from './source.ts';

/** Moves that are looked through for what an alias meant before. */
const movesMax = 256;

/** `connection` is closed with the source. */
export function remoteSource({ calls, close }: Pick<RegistryConnection, 'calls' | 'close'>): RegistrySource {
  const watch = watchRegistry(calls);
  return {
    snapshot: async () => {
      const { epoch, entries } = await watch.snapshot();
      return { epoch, entries: entries.map(read) };
    },
    version: async ({ kind, name }, version) => {
      const { digest, manifest, signatures, why } = await calls.getVersion({ kind, name, version: String(version) });
      // What is kept and trusted under a digest is what has this digest, whatever a registry elsewhere says.
      if (!manifest || digestOf(manifestOf(kind, manifest, manifest.files)) !== digest)
        throw new InferError(
          'DATA_LOSS',
          `the registry says another digest of ${kind} ${name}/${version} than its manifest has`,
        );
      const pins = manifest.pins.map((pin) =>
        pin.alias === '' ? { name: pin.name, digest: pin.digest } : { name: pin.name, alias: pin.alias },
      );
      return { version, digest, signatures, why, manifest: { files: manifest.files, pins } };
    },
    former: async ({ kind, name }, alias, count) => {
      const { moves } = await calls.listHistory({ kind, name, alias, limit: movesMax });
      const [, ...before] = new Set(moves.flatMap(({ to }) => (to === 0 ? [] : [to])));
      return before.slice(0, count);
    },
    read: async function* ({ kind, name, version, path }, offset, signal) {
      for await (const { data } of calls.download({ kind, name, version: String(version), path, offset }, signal))
        yield data;
    },
    changed: watch.changed,
    close: async () => {
      watch.end();
      close();
    },
  };
}

const read = ({ kind, name, versions, aliases, rollouts, changedAt }: WatchedEntry): SourceEntry => ({
  epoch: changedAt,
  kind: kind === 'pipeline' ? 'pipeline' : 'model',
  name,
  versions: versions.map(({ version, digest, state }) => ({
    version,
    digest,
    state: state === 'ready' || state === 'deleted' ? state : 'quarantined',
  })),
  aliases: aliases.map(({ alias, version }) => ({ alias, version })),
  rollouts: rollouts.filter(({ ended }) => !ended).map(({ versions: about }) => ({ versions: about })),
});
