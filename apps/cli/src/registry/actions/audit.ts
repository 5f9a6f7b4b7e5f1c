import { printable, table } from '@sheaf/terminal';
import type { RegistryAuditEntry, RegistryCalls } from '@sheaf/transport';
import { integerOf } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { timeText } from '../print.ts';

const pageMax = 1_000;

export const audit: RegistryAction = {
  usage: '',
  summary: 'who changed what in the registry, and whether that record is whole (exit code 1 when not); the newest',
  options: { after: { type: 'string' }, limit: { type: 'string' } },
  help: `    --after <entry>      from the one after it on, and not the newest
    --limit <n>          so many, ${pageMax} unless given, which is the most`,
  words: [0, 0],
  async run({ calls }, _words, { json, after, limit }) {
    const from = integerOf('after', after, 0, Number.MAX_SAFE_INTEGER);
    const count = integerOf('limit', limit, 1, pageMax) ?? pageMax;
    const { entries, brokenAt } = await readAudit(calls, from, count);
    if (brokenAt !== 0) process.exitCode = 1;
    if (json) return console.log(JSON.stringify({ entries, brokenAt: brokenAt || null }));
    const rows = entries.map(({ sequence, atMs, by, action, subject, detail }) => [
      String(sequence),
      timeText(atMs),
      ...[by, action, subject, detail].map(printable),
    ]);
    console.log(
      rows.length > 0 ? table([['entry', 'at', 'by', 'action', 'subject', 'detail'], ...rows]) : 'no entries',
    );
    console.log(
      brokenAt === 0
        ? 'the chain is whole'
        : `THE CHAIN IS BROKEN: entry ${brokenAt} is not what was written, or is missing`,
    );
  },
};

/** The first entries after one, or the newest. */
async function readAudit({ listAudit }: RegistryCalls, after: number | undefined, count: number) {
  let entries: readonly RegistryAuditEntry[] = [];
  for (let from = after ?? 0; ; ) {
    const { entries: page, brokenAt, next } = await listAudit({ after: from, limit: pageMax });
    entries = after === undefined ? [...entries, ...page].slice(-count) : [...entries, ...page].slice(0, count);
    if (next === 0 || (after !== undefined && entries.length === count)) return { entries, brokenAt };
    from = next;
  }
}
