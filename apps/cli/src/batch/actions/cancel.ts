import type { BatchAction } from '../action.ts';
import { batchOf, shortId } from '../follow.ts';

export const cancel: BatchAction = {
  usage: '<batch>',
  summary: 'end a batch; what it has computed stays, and it can be resumed',
  words: [1, 1],
  async run(place, [id = '']) {
    const { id: own, state } = await batchOf(place, id);
    if (state !== 'running')
      return console.log(`batch ${shortId(own)} has ${state === 'cancelled' ? 'been cancelled' : state} already`);
    await place.work.batches.cancel(own);
    console.log(`batch ${shortId(own)} is cancelled; sheaf batch resume ${shortId(own)} goes on with it`);
  },
};
