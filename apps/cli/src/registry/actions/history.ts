import { allMoves } from '@sheaf/registry';
import { textOf, UsageError } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { movesText, versionText } from '../print.ts';
import { aliasOf, momentOf, nameOf } from '../typed.ts';

export const history: RegistryAction = {
  usage: '<name>',
  summary: 'how its aliases were moved: when, by whom, from where, to where, why; the newest first',
  options: { alias: { type: 'string' }, at: { type: 'string' } },
  help: `    --alias <alias>      of this one alone
    --at <time>          the version that the alias (champion unless given) stood on then, such as 2026-11-30T12:00:00Z`,
  words: [1, 1],
  async run({ calls, kind }, [text = ''], { json, alias: given, at }) {
    const name = nameOf(text);
    const alias = given === undefined ? undefined : aliasOf(textOf(given) ?? '');
    if (at !== undefined) {
      const atMs = momentOf('at', at);
      if (atMs < 0) throw new UsageError(`--at: want a time after 1970, got "${at}"`);
      const version = await calls.getAliasAt({ kind, name, alias: alias ?? 'champion', atMs });
      return console.log(json ? JSON.stringify(version) : versionText(version));
    }
    const moves = await allMoves(calls, { kind, name, alias: alias ?? '' });
    if (json) return console.log(JSON.stringify(moves));
    console.log(moves.length > 0 ? movesText(moves) : `no alias of ${name} was ever moved`);
  },
};
