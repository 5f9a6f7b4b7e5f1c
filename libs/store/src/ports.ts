import { chainStart } from './audit-chain.ts';
import {
  checkAmount,
  checkEntry,
  checkKey,
  checkPageBounds,
  checkRevocation,
  checkRotation,
  checkUses,
  checkWindow,
} from './checks.ts';
import type { State } from './state.ts';
import type { Ask } from './tables.ts';
import type { Watch } from './watch.ts';

/** Longer than any window of a quota, which is a month at most. */
const windowKeptMs = 40 * 24 * 3_600_000;
/** How often windows that are over are looked for. */
const forgetEveryMs = 3_600_000;

export interface Ports {
  /** Where the tables are. */
  readonly ask: Ask;
  readonly keysWatch: Watch;
  readonly auditWatch: Watch;
  readonly now: () => number;
  readonly close: () => Promise<void>;
}

/** The ports of a state over its tables: checks what comes in, and asks. */
export function createPorts({ ask, keysWatch, auditWatch, now, close }: Ports): State {
  return {
    keys: {
      list: () => ask('listKeys'),
      add: async (key) => {
        checkKey(key);
        await ask('addKey', key);
      },
      revoke: async (id, at) => {
        checkRevocation(id, at);
        return ask('revokeKey', id, at);
      },
      rotate: async (id, rotation) => {
        checkRotation(id, rotation);
        return ask('rotateKey', id, rotation);
      },
      noteUses: async (uses) => {
        checkUses(uses);
        await ask('noteUses', uses);
      },
      generation: () => ask('keysGeneration'),
    },
    audit: {
      append: async (entry) => {
        checkEntry(entry);
        return ask('append', entry);
      },
      entries: async (after, limit) => {
        checkPageBounds(after, limit);
        return ask('entries', after, limit);
      },
      verify: () => verify(ask),
      head: () => ask('head'),
    },
    quotas: createQuotas(ask, now),
    onKeysChanged: (task) => keysWatch.add(task),
    onAuditChanged: (task) => auditWatch.add(task),
    close: () => {
      keysWatch.clear();
      auditWatch.clear();
      return close();
    },
  };
}

function createQuotas(ask: Ask, now: () => number): State['quotas'] {
  let forgottenAt = Number.NEGATIVE_INFINITY;
  return {
    reserve: async (key, window, amount, max) => {
      checkWindow(key, window);
      checkAmount('amount', amount);
      checkAmount('max', max);
      const at = now();
      if (at - forgottenAt >= forgetEveryMs) {
        forgottenAt = at;
        // Nobody waits for it, and when it fails the next hour tries again.
        ask('forgetWindows', at - windowKeptMs).catch(() => {});
      }
      return ask('reserve', key, window, amount, max, at);
    },
    giveBack: async (key, window, amount) => {
      checkWindow(key, window);
      checkAmount('amount', amount);
      await ask('giveBack', key, window, amount);
    },
    used: async (key, window) => {
      checkWindow(key, window);
      return ask('used', key, window);
    },
  };
}

/** Page by page, so that a long chain keeps nobody waiting. */
async function verify(ask: Ask): Promise<number | undefined> {
  let place = chainStart;
  for (;;) {
    const check = await ask('checkChain', place);
    if (check.kind === 'whole') return undefined;
    if (check.kind === 'broken') return check.sequence;
    place = check.place;
  }
}
