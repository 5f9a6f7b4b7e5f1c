import type { Journal } from '@sheaf/inference';

/** Each rule has a line at most so often; what came in between is counted. */
const everyMs = 1_000;

/** Writes what rules in shadow would have done: one line of JSON for a rule and its action. */
export function logShadows(write: (line: string) => void, now: () => number = Date.now): (journal: Journal) => void {
  const told = new Map<string, { at: number; since: number }>();
  return (journal) => {
    for (const { kind, attributes, traceId } of journal.spans) {
      if (kind !== 'rules') continue;
      for (const [name, decision] of Object.entries(attributes)) {
        if (!String(decision).endsWith(': would-act')) continue;
        const known = told.get(name) ?? { at: Number.NEGATIVE_INFINITY, since: 0 };
        known.since++;
        told.set(name, known);
        if (now() - known.at < everyMs) continue;
        const rule = name.replace(/^sheaf\.rule\./, '');
        const action = String(decision).split(':')[0];
        write(JSON.stringify({ event: 'rule would act', rule, action, calls: known.since, trace: traceId }));
        known.at = now();
        known.since = 0;
      }
    }
  };
}
