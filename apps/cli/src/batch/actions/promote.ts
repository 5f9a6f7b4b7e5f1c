import { textOf, UsageError } from '../../command.ts';
import { loginName } from '../../folder-state.ts';
import type { BatchAction } from '../action.ts';
import { numberOf } from '../generation-words.ts';

export const promote: BatchAction = {
  usage: '<collection> <generation>',
  summary: 'have a generation served',
  options: { why: { type: 'string' } },
  help: '    --why <text>         stands in the history',
  words: [2, 2],
  async run({ work }, [collection = '', word = ''], values) {
    const number = numberOf(word);
    if (!(await work.predictions.generation({ collection, number })))
      throw new UsageError(
        `there is no generation ${number} of ${collection}; sheaf batch generations ${collection} tells which there are`,
      );
    const current = await work.predictions.current(collection);
    const move = {
      collection,
      number,
      expectedEpoch: current?.epoch ?? 0,
      by: loginName(),
      why: textOf(values['why']) ?? '',
    };
    await work.predictions.promote(move);
    console.log(`generation ${number} of ${collection} is served${current ? `, instead of ${current.number}` : ''}`);
  },
};
