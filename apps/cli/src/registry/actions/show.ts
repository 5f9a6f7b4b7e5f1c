import type { RegistryAction } from '../action.ts';
import { versionText } from '../print.ts';
import { versionOf } from '../typed.ts';

export const show: RegistryAction = {
  usage: '<name>[/<version>]',
  summary: 'all of a version; the champion, or else the newest, unless it is said which',
  words: [1, 1],
  async run({ calls, kind }, [text = ''], { json }) {
    const version = await calls.getVersion({ kind, ...versionOf(text) });
    console.log(json ? JSON.stringify(version) : versionText(version));
  },
};
