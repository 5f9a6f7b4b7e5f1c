import { integerOf } from '../../command.ts';
import type { BatchAction } from '../action.ts';
import { batchOf, followToEnd } from '../follow.ts';

export const resume: BatchAction = {
  usage: '<batch>',
  summary: 'go on with a batch that failed or was cancelled, with the chunks that are not done',
  options: { 'errors-max': { type: 'string' }, detach: { type: 'boolean' } },
  words: [1, 1],
  async run(place, [id = ''], values) {
    const { id: own } = await batchOf(place, id);
    const rowsMax = integerOf('errors-max', values['errors-max'], 0, Number.MAX_SAFE_INTEGER);
    await place.work.batches.resume(own, rowsMax === undefined ? {} : { errorBudget: { rowsMax } });
    if (!values['detach']) await followToEnd(place, own);
  },
};
