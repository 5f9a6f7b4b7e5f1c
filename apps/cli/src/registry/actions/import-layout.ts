import { readLayout } from '@sheaf/oci';
import { textOf } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { takeIn } from '../take-in.ts';
import { nameOf } from '../typed.ts';

export const importLayout: RegistryAction = {
  usage: '<folder or file.tar> <name>',
  summary: 'bring a version out of an OCI image layout, as export and other tools write it',
  options: { tag: { type: 'string' } },
  help: '    --tag <tag>          which of its artifacts. Default: the only one',
  words: [2, 2],
  run: (place, [path = '', name = ''], values) =>
    takeIn(place, nameOf(name), (folder) => readLayout({ path, tag: textOf(values['tag']) }, folder), values),
};
