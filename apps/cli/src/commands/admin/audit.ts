/** The audit trail, listed, and checked against heads that were told before. */
import { readFile } from 'node:fs/promises';
import type { AdminClient } from '@sheaf/admin';
import { chainStart, follow } from '@sheaf/store';
import { printable, table } from '@sheaf/terminal';
import type { AuditEntry } from '@sheaf/transport';
import { integerOf, type OptionValues, textOf, UsageError } from '../../command.ts';
import type { AdminAction } from './action.ts';

export const audit: AdminAction = {
  options: {
    after: { type: 'string' },
    limit: { type: 'string' },
    verify: { type: 'boolean' },
    head: { type: 'string', multiple: true },
    heads: { type: 'string' },
  },
  run: showAudit,
};

/** The most that a gateway answers at once. */
const pageSize = 1_000;

async function showAudit(client: AdminClient, values: OptionValues): Promise<void> {
  const { json, after, limit, verify, head, heads } = values;
  if (verify === true || head !== undefined || heads !== undefined) {
    if (after !== undefined || limit !== undefined)
      throw new UsageError(
        '--verify, --head and --heads look at all of the record: want them without --after and --limit',
      );
    return checkAudit(client, await headsOf(head, textOf(heads)), json === true);
  }
  const from = integerOf('after', after, 0, Number.MAX_SAFE_INTEGER);
  const { entries, last, brokenAt } = await readAudit(client, from, integerOf('limit', limit, 1, pageSize) ?? pageSize);
  if (brokenAt !== undefined) process.exitCode = 1;
  if (json) return console.log(JSON.stringify({ entries, brokenAt: brokenAt ?? null }));
  const rows = entries.map(({ sequence, atMs, actor, action, subject, detail }) => [
    String(sequence),
    new Date(atMs).toISOString(),
    ...[actor, action, subject, detail].map(printable),
  ]);
  if (rows.length > 0) console.log(table([['entry', 'at', 'actor', 'action', 'subject', 'detail'], ...rows]));
  console.log(
    rows.length > 0
      ? `entries ${entries[0]?.sequence} to ${entries.at(-1)?.sequence} of ${last}`
      : `no entries${from ? ` after ${from}` : ''}`,
  );
  console.log(chainLine(brokenAt));
}

const chainLine = (brokenAt: number | undefined): string =>
  brokenAt === undefined
    ? 'the chain is whole'
    : `THE CHAIN IS BROKEN: entry ${brokenAt} is not what was written, or is missing`;

/** The first entries after one, or the newest; the oldest of them first. */
async function readAudit(client: AdminClient, after: number | undefined, limit: number) {
  let entries: readonly AuditEntry[] = [];
  let last = after ?? 0;
  for (;;) {
    const page = await client.listAudit({ after: last, limit: pageSize });
    const read = [...entries, ...page.entries];
    entries = after === undefined ? read.slice(-limit) : read.slice(0, limit);
    last = page.entries.at(-1)?.sequence ?? last;
    if (page.entries.length < pageSize) return { entries, last, brokenAt: page.brokenAt || undefined };
  }
}

/** A place of the chain that was told before; one without a number is looked for everywhere. */
interface Head {
  readonly sequence: number | undefined;
  readonly hash: string;
}

const headText = ({ sequence, hash }: Head): string => (sequence === undefined ? hash : `${sequence}:${hash}`);

/** The chain is worked out here again, entry by entry: the gateway is believed nothing but what it has written down. */
async function checkAudit(client: AdminClient, heads: readonly Head[], asJson: boolean): Promise<void> {
  let end = chainStart;
  let brokenAt: number | undefined;
  const byHash = Map.groupBy(heads, ({ hash }) => hash);
  const held = new Map<Head, number>();
  for (;;) {
    const page = await client.listAudit({ after: end.sequence, limit: pageSize });
    for (const entry of page.entries) {
      const { atMs: at, ...line } = entry;
      const followed = follow(end, [{ ...line, at }]);
      brokenAt = 'brokenAt' in followed ? followed.brokenAt : undefined;
      if ('brokenAt' in followed) break;
      ({ end } = followed);
      const { sequence } = end;
      for (const head of byHash.get(end.hash) ?? [])
        if (head.sequence === undefined || head.sequence === sequence) held.set(head, sequence);
    }
    brokenAt ??= page.brokenAt || undefined;
    if (brokenAt !== undefined || page.entries.length < pageSize) break;
  }
  const missing = heads.filter((head) => !held.has(head));
  if (brokenAt !== undefined || missing.length > 0) process.exitCode = 1;
  if (asJson) {
    const told = heads.map((head) => ({ head: headText(head), entry: held.get(head) ?? null }));
    return console.log(JSON.stringify({ entries: end.sequence, brokenAt: brokenAt ?? null, heads: told }));
  }
  for (const head of missing)
    console.log(
      `THE RECORD DOES NOT HOLD ${headText(head)}: it was cut or written anew; what can be followed ends with entry ${end.sequence}`,
    );
  const last = Math.max(0, ...held.values());
  if (held.size > 0)
    console.log(`${held.size} of ${heads.length} heads are held; everything up to entry ${last} is what it was then`);
  console.log(`${end.sequence} entries; ${chainLine(brokenAt)}`);
  if (heads.length === 0)
    console.log(
      'whether entries were cut off at the end, no chain can tell: want --head or --heads, with what gateways wrote to their log',
    );
}

const headPattern = /^(?:([1-9]\d{0,15}):)?([0-9a-f]{64})$/;
/** A gateway writes it to its log so. */
const linePattern = /\bhead ([1-9]\d{0,15}):([0-9a-f]{64})\b/g;

async function headsOf(given: OptionValues[string], file: string | undefined): Promise<readonly Head[]> {
  const typed = ((given ?? []) as string[]).map((text) => {
    const [, sequence, hash] = headPattern.exec(text) ?? [];
    if (hash === undefined)
      throw new UsageError(`--head: want <entry>:<hash> or a hash of 64 hex digits, got "${text}"`);
    return { sequence: sequence === undefined ? undefined : Number(sequence), hash };
  });
  if (file === undefined) return typed;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--heads: ${file} cannot be read (${error.code})`);
  });
  const found = new Map(
    [...text.matchAll(linePattern)].map(([, sequence, hash = '']) => [
      `${sequence}:${hash}`,
      { sequence: Number(sequence), hash },
    ]),
  );
  if (found.size === 0)
    throw new UsageError(
      `--heads: ${file} holds no line such as "audit trail: head 7:<hash>", which gateways write to their log`,
    );
  return [...typed, ...found.values()];
}
