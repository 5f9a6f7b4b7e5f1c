/** A state that lives as long as its process: for meshes without a folder, and for tests. */
import { chain, chainStart, checkPage } from './audit-chain.ts';
import { keysMax } from './checks.ts';
import { errorOf, failures } from './failures.ts';
import { createPorts } from './ports.ts';
import type { ApiKey, AuditHead, ChainedEntry, State } from './state.ts';
import { type Ask, chainPageSize, type Tables } from './tables.ts';
import { Watch } from './watch.ts';

const entriesKeptMax = 100_000;
const windowsMax = 100_000;

export interface MemoryStateOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export function createMemoryState({ now = Date.now }: MemoryStateOptions = {}): State {
  const [keysWatch, auditWatch] = [new Watch(), new Watch()];
  const tables: Tables = {
    ...createKeys(() => keysWatch.ring()),
    ...createAudit(() => auditWatch.ring()),
    ...createQuotas(),
  };
  let closed = false;
  const ask: Ask = async (name, ...args) => {
    if (closed) throw errorOf(failures.closed);
    const run = tables[name] as (...args: readonly unknown[]) => ReturnType<Tables[typeof name]>;
    // Copies, like everything that comes from a file: nobody holds what is kept.
    return structuredClone(run(...structuredClone(args)));
  };
  const close = async (): Promise<void> => {
    closed = true;
  };
  return createPorts({ ask, keysWatch, auditWatch, now, close });
}

function createKeys(
  tell: () => void,
): Pick<Tables, 'listKeys' | 'keysGeneration' | 'addKey' | 'revokeKey' | 'rotateKey' | 'noteUses'> {
  const keys = new Map<string, ApiKey>();
  let generation = 0;
  const changed = (): void => {
    generation += 1;
    tell();
  };
  return {
    listKeys: () => [...keys.values()],
    keysGeneration: () => generation,
    addKey: (key) => {
      if (keys.size >= keysMax) throw errorOf(failures.full);
      if (keys.has(key.id)) throw errorOf(failures.keyTaken);
      const { id, secretHash, tenant, roles, models, priority, note, createdAt, expiresAt, revokedAt } = key;
      const made = { id, secretHash, tenant, roles, models, priority, note, createdAt, expiresAt, revokedAt };
      keys.set(id, { ...made, rotatedAt: undefined, replaced: undefined, lastUsedAt: undefined });
      changed();
    },
    revokeKey: (id, at) => {
      const key = keys.get(id);
      if (!key || key.revokedAt !== undefined) return false;
      keys.set(id, { ...key, revokedAt: at });
      changed();
      return true;
    },
    rotateKey: (id, { at, secretHash, expiresAt, replacedUntil }) => {
      const key = keys.get(id);
      if (!key || key.revokedAt !== undefined) return false;
      const replaced = { secretHash: key.secretHash, until: replacedUntil };
      keys.set(id, { ...key, secretHash, expiresAt, rotatedAt: at, replaced });
      changed();
      return true;
    },
    noteUses: (uses) => {
      for (const { id, at } of uses) {
        const key = keys.get(id);
        if (key) keys.set(id, { ...key, lastUsedAt: Math.max(key.lastUsedAt ?? 0, at) });
      }
    },
  };
}

function createAudit(changed: () => void): Pick<Tables, 'append' | 'entries' | 'checkChain' | 'head'> {
  const log: ChainedEntry[] = [];
  const head = (): AuditHead => {
    const { sequence, hash } = log.at(-1) ?? chainStart;
    return { sequence, hash };
  };
  const entries = (after: number, limit: number): ChainedEntry[] => log.slice(after, after + limit);
  return {
    entries,
    head,
    append: (entry) => {
      if (log.length >= entriesKeptMax) throw errorOf(failures.full);
      const added = chain(head(), entry);
      log.push(added);
      changed();
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
        if (windows.size >= windowsMax) throw errorOf(failures.full);
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
