import { moveAlias } from '@sheaf/registry';
import { textOf } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { moveLine, moveOptions, moveOptionsHelp } from '../moves.ts';
import { aliasOf, saidVersionOf } from '../typed.ts';

export const promote: RegistryAction = {
  usage: '<name>/<version>',
  summary: 'make it the champion: calls that name no version get it',
  options: { ...moveOptions, alias: { type: 'string' } },
  help: `    --alias <alias>      move this alias to it, and not champion\n${moveOptionsHelp}`,
  words: [1, 1],
  async run({ calls, kind }, [text = ''], values) {
    const { name, version: to } = saidVersionOf(text);
    const alias = values['alias'] === undefined ? 'champion' : aliasOf(textOf(values['alias']) ?? '');
    const moved = await moveAlias(calls, { kind, name, alias, to, ...moveLine.reasonsOf(values) });
    console.log(values['json'] ? JSON.stringify(moved) : moveLine.text(moved));
  },
};
