import { printable, table } from '@sheaf/terminal';
import { timeText } from '../../registry/print.ts';
import type { BatchAction } from '../action.ts';
import { shortId } from '../follow.ts';

export const generations: BatchAction = {
  usage: '[<collection>]',
  summary: 'what batches have computed, and which of it is served',
  words: [0, 1],
  async run({ work }, [collection], { json }) {
    if (collection === undefined) {
      const all = await work.predictions.collections();
      if (json) return console.log(JSON.stringify(all));
      const rows = all.map((one) => [printable(one.collection), String(one.current?.number ?? 'none')]);
      return console.log(
        rows.length > 0 ? table([['collection', 'served'], ...rows]) : 'no collections; sheaf batch run makes one',
      );
    }
    const records = await work.predictions.generations(collection);
    if (json) return console.log(JSON.stringify(records));
    const rows = records.map(({ number, state, isCurrent, rows: count, subject, version, batch, createdAt, why }) => [
      String(number),
      isCurrent ? 'served' : state,
      String(count),
      printable(`${subject}/${version}`),
      shortId(batch),
      timeText(createdAt),
      printable(why),
    ]);
    console.log(
      rows.length > 0
        ? table([['generation', 'state', 'rows', 'by', 'batch', 'begun', 'why'], ...rows])
        : `${collection} has no generations; sheaf batch generations tells which collections there are`,
    );
  },
};
