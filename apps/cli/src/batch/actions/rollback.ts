import { textOf } from '../../command.ts';
import { loginName } from '../../folder-state.ts';
import type { BatchAction } from '../action.ts';
import { currentOf } from '../generation-words.ts';

export const rollback: BatchAction = {
  usage: '<collection>',
  summary: 'have the generation served that was served before',
  options: { why: { type: 'string' } },
  words: [1, 1],
  async run(place, [collection = ''], values) {
    const { epoch, number } = await currentOf(place, collection);
    const change = { collection, expectedEpoch: epoch, by: loginName(), why: textOf(values['why']) ?? '' };
    const now = await place.work.predictions.rollback(change);
    console.log(`generation ${now.number} of ${collection} is served, instead of ${number}`);
  },
};
