import { allEntries, allVersions } from '@sheaf/registry';
import type { RegistryAction } from '../action.ts';
import { entriesText, versionsText } from '../print.ts';
import { nameOf } from '../typed.ts';

export const list: RegistryAction = {
  usage: '[<name>]',
  summary: 'what there is, or the versions of one, the newest first',
  options: { deleted: { type: 'boolean' } },
  help: '    --deleted            with a name: those that were deleted too',
  words: [0, 1],
  async run({ calls, kind, title }, [name], { json, deleted }) {
    if (name !== undefined) {
      const versions = await allVersions(calls, { kind, name: nameOf(name), withDeleted: deleted === true });
      return console.log(json ? JSON.stringify(versions) : versionsText(versions));
    }
    const entries = await allEntries(calls, kind);
    if (json) return console.log(JSON.stringify(entries));
    console.log(
      entries.length > 0
        ? entriesText(entries)
        : `no ${kind}s in the registry of ${title}; sheaf ${kind}s push brings one`,
    );
  },
};
