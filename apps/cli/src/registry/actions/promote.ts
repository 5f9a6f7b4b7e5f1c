import { moveAlias } from '@sheaf/registry';
import { textOf } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { tellInForce, waitHelp, waitOptions } from '../in-force.ts';
import { moveLine, moveOptions, moveOptionsHelp } from '../moves.ts';
import { aliasOf, saidVersionOf } from '../typed.ts';

export const promote: RegistryAction = {
  usage: '<name>/<version>',
  summary: 'make it the champion: calls that name no version get it',
  options: { ...moveOptions, ...waitOptions, alias: { type: 'string' } },
  help: `    --alias <alias>      move this alias to it, and not champion\n${moveOptionsHelp}\n${waitHelp}`,
  words: [1, 1],
  async run(place, [text = ''], values) {
    const { calls, kind } = place;
    const { name, version: to } = saidVersionOf(text);
    const alias = values['alias'] === undefined ? 'champion' : aliasOf(textOf(values['alias']) ?? '');
    const moved = await moveAlias(calls, { kind, name, alias, to, ...moveLine.reasonsOf(values) });
    console.log(values['json'] ? JSON.stringify(moved) : moveLine.text(moved));
    await tellInForce(place, moved, values);
  },
};
