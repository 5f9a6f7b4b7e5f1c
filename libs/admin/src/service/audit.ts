/** The record of changes. */
import type { State } from '@sheaf/store';
import type { AdminService } from '@sheaf/transport';
import { pageMax } from './actor.ts';

export function auditMethods(audit: State['audit']): Pick<AdminService, 'listAudit'> {
  const verify = shared(() => audit.verify());
  return {
    listAudit: async ({ after, limit }) => {
      const [entries, brokenAt = 0] = await Promise.all([audit.entries(after, limit || pageMax), verify()]);
      return { entries: entries.map(({ at, ...entry }) => ({ ...entry, atMs: at })), brokenAt };
    },
  };
}

/** Who asks while it runs waits for the same run: a long chain is not read twice at once, however many look. */
function shared<T>(task: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= task().finally(() => {
      running = undefined;
    });
    return running;
  };
}
