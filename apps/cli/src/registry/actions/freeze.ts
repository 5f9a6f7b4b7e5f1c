import type { OptionValues } from '../../command.ts';
import { textOf } from '../../command.ts';
import type { RegistryAction, RegistryPlace } from '../action.ts';
import { whyOption, whyOptionHelp } from '../moves.ts';
import { aliasOf, nameOf } from '../typed.ts';

const freezing = (frozen: boolean): Omit<RegistryAction, 'summary'> => ({
  usage: '<name> [<alias>]',
  options: whyOption,
  help: whyOptionHelp,
  words: [1, 2],
  run: (place, words, values) => setFrozen(place, words, values, frozen),
});

export const freeze: RegistryAction = {
  ...freezing(true),
  summary: 'no alias of it, or not this one, is moved until it is thawed',
};
export const thaw: RegistryAction = { ...freezing(false), summary: 'its aliases, or this one, may be moved again' };

async function setFrozen(
  { calls, kind }: RegistryPlace,
  [text = '', aliasText]: readonly string[],
  { json, why }: OptionValues,
  frozen: boolean,
): Promise<void> {
  const name = nameOf(text);
  const alias = aliasText === undefined ? '' : aliasOf(aliasText);
  const { aliases } = await calls.freezeAlias({ kind, name, alias, frozen, why: textOf(why) ?? '' });
  if (json) return console.log(JSON.stringify(aliases));
  const what = alias === '' ? `every alias of ${name}` : `${name}/${alias}`;
  console.log(`${what} ${frozen ? 'is frozen' : 'may be moved'}`);
}
