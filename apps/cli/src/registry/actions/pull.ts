import { parseReference, pullArtifact } from '@sheaf/oci';
import type { RegistryAction } from '../action.ts';
import { hostHelp, hostOptions, hostOptionsOf } from '../artifact-hosts.ts';
import { takeIn } from '../take-in.ts';
import { nameOf } from '../typed.ts';

export const pull: RegistryAction = {
  usage: 'oci://host/repository:tag [<name>]',
  summary: 'bring a version from a registry of artifacts; the name is the last of the repository unless given',
  options: hostOptions,
  help: hostHelp,
  words: [1, 2],
  async run(place, [reference = '', name], values) {
    const { repository } = parseReference(reference);
    const options = await hostOptionsOf(reference, values);
    const read = (folder: string) => pullArtifact(reference, folder, options);
    await takeIn(place, nameOf(name ?? repository.split('/').at(-1) ?? ''), read, values);
  },
};
