import { type Check, finding } from '../finding.ts';

export const reloadFailed: Check = ({ gateway, folder }) =>
  (gateway?.configuration.out ?? [])
    .filter(({ keeps }) => keeps)
    .map(({ kind, name, why }) =>
      finding(
        'warning',
        `${kind} ${name} goes on as it was before the folder changed: ${why}`,
        `sheaf check ${folder}`,
      ),
    );
