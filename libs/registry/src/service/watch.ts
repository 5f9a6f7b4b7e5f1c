/** What is there, told at once and after every change. */
import { maySee } from '@sheaf/inference';
import type { RegistryService, SnapshotMessage } from '@sheaf/transport';
import { invalid } from '../refusals.ts';
import type { RegistrySnapshot, RegistryStore } from '../registry-store.ts';
import { watchedMessage } from './messages.ts';

type Methods = Pick<RegistryService, 'watch'>;

/** Of one message: an entry has hundreds of bytes for each of its versions. */
const entriesOfMessage = 50;

export const watchMethods = (store: RegistryStore): Methods => ({
  watch: async function* ({ afterEpoch }, { principal, signal }) {
    if (afterEpoch < 0) throw invalid('after_epoch', `want 0 or more, got ${afterEpoch}`);
    const bell = createBell(signal);
    const stop = store.onChanged(bell.ring);
    try {
      let seen = afterEpoch;
      for (let isFirst = true; !signal.aborted; isFirst = false) {
        const snapshot = await changedSince(store, seen);
        if (isFirst || snapshot.epoch !== seen) yield* messagesOf(snapshot, (name) => maySee(principal, name));
        seen = snapshot.epoch;
        await bell.rung();
      }
    } finally {
      stop();
    }
  },
});

/** All of it for whoever has seen nothing, or more than there is: the registry was put back to an earlier state. */
async function changedSince(store: RegistryStore, seen: number): Promise<RegistrySnapshot> {
  const snapshot = await store.snapshot(seen || undefined);
  return snapshot.epoch < seen ? store.snapshot() : snapshot;
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
