import { exportFormats } from '@sheaf/batch';
import { textOf, UsageError } from '../../command.ts';
import type { BatchAction } from '../action.ts';
import { exportGeneration } from '../export-generation.ts';
import { currentOf, numberOf } from '../generation-words.ts';

export const exportAction: BatchAction = {
  usage: '<collection> [<generation>] --to <file>',
  summary: 'write the answers to a table, of the generation that is served unless one is given',
  options: { to: { type: 'string' } },
  help: `    --to <file>          ${exportFormats.join(', ')}, by its ending`,
  words: [1, 2],
  async run(place, [collection = '', word], values) {
    const to = textOf(values['to']);
    if (to === undefined) throw new UsageError('want --to <file>, got none');
    const number = word === undefined ? (await currentOf(place, collection)).number : numberOf(word);
    await exportGeneration(place, { collection, number }, to);
  },
};
