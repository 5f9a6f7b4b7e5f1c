/** From which level on the rooms of a mesh tell of events in the log. */
import { table } from '@sheaf/terminal';
import { type OptionValues, textOf, UsageError } from '../../command.ts';
import { spanOf } from '../../keys/key-options.ts';
import type { AdminAction } from './action.ts';

export const log: AdminAction = {
  options: { level: { type: 'string' }, room: { type: 'string', multiple: true }, for: { type: 'string' } },
  check: (words, { level, room, for: during }) => {
    if (words.length > 0) throw new UsageError(`sheaf admin log: want options only, got "${words[0]}"`);
    if (level === undefined && (room !== undefined || during !== undefined))
      throw new UsageError('sheaf admin log: --room and --for want --level');
  },
  run: async (client, values) => {
    const level = textOf(values['level']);
    const { rooms } = await (level === undefined
      ? client.getLogLevels({})
      : client.setLogLevels({ rooms: roomsOf(values['room']), level, forMs: spanOf('for', values['for'], 1, 1) ?? 0 }));
    if (values['json']) return console.log(JSON.stringify(rooms));
    const rows = rooms.map(({ room, level: from, untilMs }) => [
      room,
      from,
      untilMs ? new Date(untilMs).toISOString() : '',
    ]);
    console.log(table([['room', 'from', 'until'], ...rows]));
  },
};

const roomsOf = (given: OptionValues[string]): string[] =>
  ((given ?? []) as string[]).flatMap((text) => text.split(','));
