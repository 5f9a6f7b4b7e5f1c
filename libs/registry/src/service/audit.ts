/** The record of changes. */
import { maySee } from '@sheaf/inference';
import type { RegistryService } from '@sheaf/transport';
import { invalid } from '../refusals.ts';
import type { RegistryStore } from '../registry-store.ts';
import { limitOf } from './caller.ts';
import { auditMessage } from './messages.ts';

type Methods = Pick<RegistryService, 'listAudit'>;

const entriesMax = 1_000;

export function auditMethods(store: RegistryStore): Methods {
  const verify = shared(() => store.verifyAudit());
  return {
    listAudit: async ({ after, limit }, { principal }) => {
      const count = limitOf(limit, entriesMax);
      if (after < 0) throw invalid('after', `want 0 or more, got ${after}`);
      const [entries, brokenAt = 0] = await Promise.all([store.audit(after, count), verify()]);
      // A subject begins with the name of the entry.
      const seen = entries.filter(({ subject }) => maySee(principal, subject.split('/')[0] ?? ''));
      return {
        entries: seen.map(auditMessage),
        next: entries.length === count ? (entries.at(-1)?.sequence ?? 0) : 0,
        brokenAt,
      };
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
