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

/** How long a chain that was found whole is taken for whole. Milliseconds. */
const wholeMs = 10_000;

/** Who asks while it runs waits for the same run, and who asks soon after it is told the same: a long chain is read once in a while, however many look. */
function shared(task: () => Promise<number | undefined>): () => Promise<number | undefined> {
  let running: Promise<number | undefined> | undefined;
  let wholeAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - wholeAt < wholeMs) return undefined;
    running ??= task().finally(() => {
      running = undefined;
    });
    const brokenAt = await running;
    if (brokenAt === undefined) wholeAt = performance.now();
    return brokenAt;
  };
}
