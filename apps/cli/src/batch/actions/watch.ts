import type { BatchAction } from '../action.ts';
import { batchOf, followToEnd } from '../follow.ts';

export const watch: BatchAction = {
  usage: '<batch>',
  summary: 'show how a batch goes on until it ends; Ctrl-C leaves it running',
  words: [1, 1],
  async run(place, [id = '']) {
    await followToEnd(place, (await batchOf(place, id)).id);
  },
};
