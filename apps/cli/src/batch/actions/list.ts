import type { BatchRecord } from '@sheaf/jobs';
import { printable, table } from '@sheaf/terminal';
import { timeText } from '../../registry/print.ts';
import type { BatchAction } from '../action.ts';
import { shortId } from '../follow.ts';

export const list: BatchAction = {
  usage: '',
  summary: 'the batches, the newest first',
  words: [0, 0],
  async run({ work }, _words, { json }) {
    const records = await work.batches.list({}, { limit: 100 });
    if (json) return console.log(JSON.stringify(records));
    console.log(records.length > 0 ? listText(records) : 'no batches; sheaf batch run begins one');
  },
};

function listText(records: readonly BatchRecord[]): string {
  const rows = records.map(({ id, subject, version, collection, generation, state, progress, createdAt, error }) => [
    shortId(id),
    printable(`${subject}/${version}`),
    printable(`${collection} ${generation}`),
    state,
    `${progress.rowsDone}/${progress.rows}${progress.isCut ? '' : '+'}`,
    String(progress.rowsFailed),
    timeText(createdAt),
    printable(error?.message ?? ''),
  ]);
  return table([['batch', 'of', 'generation', 'state', 'rows', 'errors', 'begun', 'why'], ...rows]);
}
