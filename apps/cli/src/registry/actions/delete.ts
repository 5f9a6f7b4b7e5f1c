import { textOf } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { whyOption, whyOptionHelp } from '../moves.ts';
import { numberOf } from '../typed.ts';

export const deleteVersion: RegistryAction = {
  usage: '<name>/<version>',
  summary: 'delete one version; its number is never given again',
  options: whyOption,
  help: whyOptionHelp,
  words: [1, 1],
  async run({ calls, kind }, [text = ''], { json, why }) {
    const deleted = await calls.deleteVersion({ kind, ...numberOf(text), why: textOf(why) ?? '' });
    console.log(json ? JSON.stringify(deleted) : `${deleted.name}/${deleted.version} is deleted`);
  },
};
