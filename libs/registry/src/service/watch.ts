/** What is there, told at once and after every change. */
import { maySee } from '@sheaf/inference';
import type { RegistryCaller, RegistryService, SnapshotMessage } from '@sheaf/transport';
import { invalid } from '../refusals.ts';
import type { RegistrySnapshot, RegistryStore } from '../registry-store.ts';
import { watchedMessage } from './messages.ts';

type Methods = Pick<RegistryService, 'watch'>;

/** Of one message: an entry has hundreds of bytes for each of its versions. */
const entriesOfMessage = 50;

export function watchMethods(store: RegistryStore): Methods {
  const snapshots = sharedSnapshots(store);
  return { watch: (request, caller) => watch(store, snapshots, request, caller) };
}

async function* watch(
  store: RegistryStore,
  snapshots: Snapshots,
  { afterEpoch }: Parameters<Methods['watch']>[0],
  { principal, signal }: RegistryCaller,
): AsyncGenerator<SnapshotMessage, void, undefined> {
  if (afterEpoch < 0) throw invalid('after_epoch', `want 0 or more, got ${afterEpoch}`);
  const bell = createBell(signal);
  const stop = store.onChanged(() => {
    snapshots.outdate();
    bell.ring();
  });
  try {
    let seen = afterEpoch;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const snapshot = await changedSince(snapshots, seen);
      if (isFirst || snapshot.epoch !== seen) yield* messagesOf(snapshot, (name) => maySee(principal, name));
      seen = snapshot.epoch;
      await bell.rung();
    }
  } finally {
    stop();
  }
}

interface Snapshots {
  /** As the store does. */
  take(after?: number): Promise<RegistrySnapshot>;
  /** Something has changed: what is being read may be without it. */
  outdate(): void;
}

/** Of all watches that see a change, those that have seen the same share what is read of it. */
function sharedSnapshots(store: Pick<RegistryStore, 'snapshot'>): Snapshots {
  let reading = new Map<number | undefined, Promise<RegistrySnapshot>>();
  return {
    take: (after) => {
      const all = reading;
      const known = all.get(after);
      if (known) return known;
      const begun = store.snapshot(after).finally(() => all.delete(after));
      all.set(after, begun);
      return begun;
    },
    outdate: () => {
      reading = new Map();
    },
  };
}

/** All of it for whoever has seen nothing, or more than there is: the registry was put back to an earlier state. */
async function changedSince(snapshots: Snapshots, seen: number): Promise<RegistrySnapshot> {
  const snapshot = await snapshots.take(seen || undefined);
  return snapshot.epoch < seen ? snapshots.take() : snapshot;
}

function* messagesOf(
  { epoch, entries }: RegistrySnapshot,
  isSeen: (name: string) => boolean,
): Generator<SnapshotMessage, void, undefined> {
  const seen = entries.filter(({ name }) => isSeen(name));
  for (let at = 0; at === 0 || at < seen.length; at += entriesOfMessage) {
    const page = seen.slice(at, at + entriesOfMessage);
    yield { epoch, entries: page.map(watchedMessage), isLast: at + entriesOfMessage >= seen.length };
  }
}

/** Rings while nobody listens are heard by the next who does. */
function createBell(signal: AbortSignal) {
  let hasRung = false;
  let wake = (): void => {};
  const ring = (): void => {
    hasRung = true;
    wake();
  };
  signal.addEventListener('abort', ring);
  return {
    ring,
    rung: async (): Promise<void> => {
      if (!hasRung && !signal.aborted)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      hasRung = false;
    },
  };
}
