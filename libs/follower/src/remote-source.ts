/** A registry that is asked by gRPC, as a source: one watch says what is there and what changes. */
import type { RegistryCalls, RegistryConnection } from '@sheaf/transport';
import type { RegistrySource, SourceEntry } from './source.ts';

/** Moves that are looked through for what an alias meant before. */
const movesMax = 256;

type Watched = ReturnType<RegistryCalls['watch']> extends AsyncIterable<infer Message> ? Message : never;

/** What the registry has said so far. */
interface Known {
  epoch: number;
  readonly entries: Map<string, SourceEntry>;
}

/** A watch, and its next snapshot. */
interface Watch {
  readonly messages: AsyncIterator<Watched>;
  next: Promise<void> | undefined;
  stop(): void;
}

/** `connection` is closed with the source. */
export function remoteSource({ calls, close }: Pick<RegistryConnection, 'calls' | 'close'>): RegistrySource {
  const known: Known = { epoch: 0, entries: new Map() };
  let watch: Watch | undefined;
  /** Waits for the next snapshot of the watch; one that fails is begun again by whoever asks next. */
  const advance = async (own: Watch): Promise<void> => {
    own.next ??= takeSnapshot(own.messages, known);
    try {
      await own.next;
      own.next = undefined;
    } catch (error) {
      own.stop();
      if (watch === own) watch = undefined;
      throw error;
    }
  };
  return {
    snapshot: async () => {
      if (!watch) {
        watch = openWatch(calls, known.epoch);
        await advance(watch);
      }
      return { epoch: known.epoch, entries: [...known.entries.values()] };
    },
    version: async ({ kind, name }, version) => {
      const { digest, manifest, signatures, why } = await calls.getVersion({ kind, name, version: String(version) });
      const pins = (manifest?.pins ?? []).map((pin) =>
        pin.alias === '' ? { name: pin.name, digest: pin.digest } : { name: pin.name, alias: pin.alias },
      );
      return { version, digest, signatures, why, manifest: { files: manifest?.files ?? [], pins } };
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
    changed: async (epoch, signal) => {
      if (known.epoch !== epoch || signal.aborted) return;
      if (!watch) throw new Error('the watch has ended');
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve(), { once: true });
      await Promise.race([advance(watch), promise]);
    },
    close: async () => {
      watch?.stop();
      close();
    },
  };
}

function openWatch(calls: RegistryCalls, afterEpoch: number): Watch {
  const ended = new AbortController();
  const messages = calls.watch({ afterEpoch }, ended.signal)[Symbol.asyncIterator]();
  return { messages, next: undefined, stop: () => ended.abort() };
}

/** Takes what the watch tells next, all of it: entries that changed, and all where the registry is at an earlier state than it was. */
async function takeSnapshot(messages: AsyncIterator<Watched>, known: Known): Promise<void> {
  const pages: Watched[] = [];
  while (!pages.at(-1)?.isLast) {
    const next = await messages.next();
    if (next.done) throw new Error('the registry ended the watch');
    pages.push(next.value);
  }
  const epoch = pages.at(-1)?.epoch ?? 0;
  if (epoch < known.epoch) known.entries.clear();
  for (const entry of pages.flatMap(({ entries }) => entries))
    known.entries.set(`${entry.kind} ${entry.name}`, { ...read(entry), epoch });
  known.epoch = epoch;
}

const read = ({ kind, name, versions, aliases, rollouts }: Watched['entries'][number]): Omit<SourceEntry, 'epoch'> => ({
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
