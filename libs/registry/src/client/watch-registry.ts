/** A registry that is asked by gRPC: one watch says what is there and what changes. */
import type { RegistryCalls, SnapshotMessage } from '@sheaf/transport';

/** An entry as it stood last, and the epoch of the registry when it changed. */
export type WatchedEntry = SnapshotMessage['entries'][number] & { readonly changedAt: number };

export interface RegistryWatch {
  /** What is there, as far as it was told; asks where nothing was. */
  snapshot(): Promise<{ readonly epoch: number; readonly entries: readonly WatchedEntry[] }>;
  /** Resolves when there is another epoch than this one, or `signal` is aborted; rejects where that would not be told. */
  changed(epoch: number, signal: AbortSignal): Promise<void>;
  end(): void;
}

/** What the registry has said so far. */
interface Known {
  epoch: number;
  readonly entries: Map<string, WatchedEntry>;
}

/** A stream, and its next snapshot. */
interface Stream {
  readonly messages: AsyncIterator<SnapshotMessage>;
  next: Promise<void> | undefined;
  stop(): void;
}

/** A watch that breaks off is begun again, after the epoch that was seen last, by whoever asks next. */
export function watchRegistry(calls: Pick<RegistryCalls, 'watch'>): RegistryWatch {
  const known: Known = { epoch: 0, entries: new Map() };
  let stream: Stream | undefined;
  const advance = async (own: Stream): Promise<void> => {
    own.next ??= takeSnapshot(own.messages, known);
    try {
      await own.next;
      own.next = undefined;
    } catch (error) {
      own.stop();
      if (stream === own) stream = undefined;
      throw error;
    }
  };
  return {
    snapshot: async () => {
      if (!stream) {
        stream = openStream(calls, known.epoch);
        await advance(stream);
      }
      return { epoch: known.epoch, entries: [...known.entries.values()] };
    },
    changed: async (epoch, signal) => {
      if (known.epoch !== epoch || signal.aborted) return;
      if (!stream) throw new Error('the watch has ended');
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve(), { once: true });
      await Promise.race([advance(stream), promise]);
    },
    end: () => stream?.stop(),
  };
}

function openStream(calls: Pick<RegistryCalls, 'watch'>, afterEpoch: number): Stream {
  const ended = new AbortController();
  const messages = calls.watch({ afterEpoch }, ended.signal)[Symbol.asyncIterator]();
  return { messages, next: undefined, stop: () => ended.abort() };
}

/** Takes what the watch tells next, all of it: entries that changed, and all where the registry is at an earlier state than it was. */
async function takeSnapshot(messages: AsyncIterator<SnapshotMessage>, known: Known): Promise<void> {
  const pages: SnapshotMessage[] = [];
  while (!pages.at(-1)?.isLast) {
    const next = await messages.next();
    if (next.done) throw new Error('the registry ended the watch');
    pages.push(next.value);
  }
  const epoch = pages.at(-1)?.epoch ?? 0;
  if (epoch < known.epoch) known.entries.clear();
  for (const entry of pages.flatMap(({ entries }) => entries))
    known.entries.set(`${entry.kind} ${entry.name}`, { ...entry, changedAt: epoch });
  known.epoch = epoch;
}
