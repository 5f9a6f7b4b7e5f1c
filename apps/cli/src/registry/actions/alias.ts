import { moveAlias } from '@sheaf/registry';
import type { RegistryAction } from '../action.ts';
import { moveLine, moveOptions, moveOptionsHelp } from '../moves.ts';
import { aliasOf, nameOf, versionOf } from '../typed.ts';

export const alias: RegistryAction = {
  usage: '<name> <alias> <version>',
  summary: 'move an alias, such as challenger, to a version; - takes it away',
  options: moveOptions,
  help: moveOptionsHelp,
  words: [3, 3],
  async run({ calls, kind }, [nameText = '', aliasText = '', to = ''], values) {
    const [name, moved] = [nameOf(nameText), aliasOf(aliasText)];
    if (to !== '-') versionOf(`${name}/${to}`);
    const result = await moveAlias(calls, { kind, name, alias: moved, to, ...moveLine.reasonsOf(values) });
    console.log(values['json'] ? JSON.stringify(result) : moveLine.text(result));
  },
};
