/** When keys were last used: noted in memory by calls, written to the state now and then. */
import type { KeyStore } from '@sheaf/store';

/** How often it is written, and how exact it is. */
export const writeUsesMs = 60_000;
/** Keys of one write. */
const chunkSize = 1_000;

export interface KeyUses {
  /** Of a call that came in; milliseconds since the epoch. */
  readonly note: (id: string, at: number) => void;
  /** Writes what was noted. What cannot be written is tried again with the next; never throws. */
  readonly flush: () => Promise<void>;
  /** Writes for the last time. */
  readonly end: () => Promise<void>;
}

export function createKeyUses(keys: Pick<KeyStore, 'noteUses'>): KeyUses {
  const noted = new Map<string, number>();
  const flush = async (): Promise<void> => {
    const uses = [...noted].map(([id, at]) => ({ id, at: at - (at % writeUsesMs) }));
    noted.clear();
    for (let start = 0; start < uses.length; start += chunkSize) {
      const chunk = uses.slice(start, start + chunkSize);
      await keys.noteUses(chunk).catch(() => {
        for (const { id, at } of chunk) noted.set(id, Math.max(at, noted.get(id) ?? 0));
      });
    }
  };
  const timer = setInterval(() => void flush(), writeUsesMs).unref();
  return {
    note: (id, at) => void noted.set(id, at),
    flush,
    end: () => {
      clearInterval(timer);
      return flush();
    },
  };
}
