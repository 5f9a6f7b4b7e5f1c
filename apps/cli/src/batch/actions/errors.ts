import type { RowFailure } from '@sheaf/jobs';
import { printable, table } from '@sheaf/terminal';
import { integerOf } from '../../command.ts';
import type { BatchAction } from '../action.ts';
import { batchOf } from '../follow.ts';

const shownDefault = 100;
const pageRows = 1_000;

export const errors: BatchAction = {
  usage: '<batch>',
  summary: 'the rows that have no answer, and why',
  options: { limit: { type: 'string' } },
  help: `    --limit <rows>       ${shownDefault} unless given; with --json all, a line each`,
  words: [1, 1],
  async run(place, [id = ''], values) {
    const record = await batchOf(place, id);
    const limit =
      integerOf('limit', values['limit'], 1, Number.MAX_SAFE_INTEGER) ??
      (values['json'] ? Number.POSITIVE_INFINITY : shownDefault);
    const shown: RowFailure[] = [];
    let count = 0;
    for (let after = 0; count < limit; ) {
      const page = await place.work.batches.errors(record.id, { after, limit: Math.min(pageRows, limit - count) });
      count += page.length;
      if (values['json']) for (const error of page) console.log(JSON.stringify(error));
      else shown.push(...page);
      const last = page.at(-1);
      if (!last || page.length < pageRows) break;
      after = last.row;
    }
    if (values['json']) return;
    if (shown.length === 0) return console.log('no row has an error');
    const rows = shown.map(({ row, key = '', code, message }) => [
      String(row),
      printable(key),
      code,
      printable(message),
    ]);
    console.log(table([['row', 'key', 'code', 'why'], ...rows]));
    const more = record.progress.rowsFailed - shown.length;
    if (more > 0) console.log(`... and ${more} more; --limit and --json tell them`);
  },
};
