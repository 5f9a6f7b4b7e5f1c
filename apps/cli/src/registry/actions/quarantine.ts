import { textOf } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { whyOption, whyOptionHelp } from '../moves.ts';
import { numberOf } from '../typed.ts';

export const quarantine: RegistryAction = {
  usage: '<name>/<version>',
  summary: 'it may not be served from now on; its aliases stay where they are',
  options: whyOption,
  help: whyOptionHelp,
  words: [1, 1],
  async run({ calls, kind }, [text = ''], { json, why }) {
    const changed = await calls.quarantineVersion({ kind, ...numberOf(text), why: textOf(why) ?? '' });
    console.log(json ? JSON.stringify(changed) : `${changed.name}/${changed.version} is quarantined`);
  },
};

export const release: RegistryAction = {
  usage: '<name>/<version>',
  summary: 'a version that was quarantined may be served again',
  options: whyOption,
  help: whyOptionHelp,
  words: [1, 1],
  async run({ calls, kind }, [text = ''], { json, why }) {
    const changed = await calls.releaseVersion({ kind, ...numberOf(text), why: textOf(why) ?? '' });
    console.log(json ? JSON.stringify(changed) : `${changed.name}/${changed.version} is ready`);
  },
};
