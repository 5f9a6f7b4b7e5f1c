/** A state that lives as long as its process: for meshes without a folder, and for tests. */
import { type ChainPlace, chain, chainStart, checkPage } from './audit-chain.ts';
import { keysMax } from './checks.ts';
import { failures, stateError } from './failures.ts';
import { createPorts, KeyWatch } from './ports.ts';
import type { ApiKey, ChainedEntry, State } from './state.ts';
import { type Ask, chainPageSize, type Tables } from './tables.ts';

const entriesKeptMax = 100_000;
const windowsMax = 100_000;

export interface MemoryStateOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export function createMemoryState({ now = Date.now }: MemoryStateOptions = {}): State {
  const watch = new KeyWatch();
  const tables: Tables = { ...createKeys(() => watch.ring()), ...createAudit(), ...createQuotas() };
  let closed = false;
  const ask: Ask = async (name, ...args) => {
    if (closed) throw stateError(failures.closed);
    const run = tables[name] as (...args: readonly unknown[]) => ReturnType<Tables[typeof name]>;
    // Copies, like everything that comes from a file: nobody holds what is kept.
    return structuredClone(run(...structuredClone(args)));
  };
  const close = async (): Promise<void> => {
    closed = true;
    watch.clear();
  };
  return createPorts({ ask, watch, now, close });
}

function createKeys(changed: () => void): Pick<Tables, 'listKeys' | 'addKey' | 'revokeKey'> {
  const keys = new Map<string, ApiKey>();
  return {
    listKeys: () => [...keys.values()],
    addKey: (key) => {
      if (keys.size >= keysMax) throw stateError(failures.full);
      if (keys.has(key.id)) throw stateError(failures.keyTaken);
      const { id, secretHash, tenant, roles, models, priority, note, createdAt, expiresAt, revokedAt } = key;
      keys.set(id, { id, secretHash, tenant, roles, models, priority, note, createdAt, expiresAt, revokedAt });
      changed();
    },
    revokeKey: (id, at) => {
      const key = keys.get(id);
      if (!key || key.revokedAt !== undefined) return false;
      keys.set(id, { ...key, revokedAt: at });
      changed();
      return true;
    },
  };
}

function createAudit(): Pick<Tables, 'append' | 'entries' | 'checkChain'> {
  const log: ChainedEntry[] = [];
  const head = (): ChainPlace => log.at(-1) ?? chainStart;
  const entries = (after: number, limit: number): ChainedEntry[] => log.slice(after, after + limit);
  return {
    entries,
    append: (entry) => {
      if (log.length >= entriesKeptMax) throw stateError(failures.full);
      const added = chain(head(), entry);
      log.push(added);
      return added;
    },
    checkChain: (after) => checkPage(after, entries(after.sequence, chainPageSize), chainPageSize, head()),
  };
}

interface Window {
  used: number;
  touchedAt: number;
}

function createQuotas(): Pick<Tables, 'reserve' | 'giveBack' | 'used' | 'forgetWindows'> {
  const windows = new Map<string, Window>();
  // As JSON, so that no key and window can look like another pair.
  const nameOf = (key: string, window: string): string => JSON.stringify([key, window]);
  return {
    reserve: (key, window, amount, max, now) => {
      const name = nameOf(key, window);
      const place = windows.get(name) ?? { used: 0, touchedAt: now };
      if (!windows.has(name)) {
        if (windows.size >= windowsMax) throw stateError(failures.full);
        windows.set(name, place);
      }
      const granted = Math.max(0, Math.min(amount, max - place.used));
      place.used += granted;
      place.touchedAt = now;
      return granted;
    },
    giveBack: (key, window, amount) => {
      const place = windows.get(nameOf(key, window));
      if (place) place.used = Math.max(0, place.used - amount);
    },
    used: (key, window) => windows.get(nameOf(key, window))?.used ?? 0,
    forgetWindows: (before) => {
      for (const [name, { touchedAt }] of windows) if (touchedAt < before) windows.delete(name);
    },
  };
}
