import { type Check, finding } from '../finding.ts';

export const partsOut: Check = ({ gateway, folder }) =>
  (gateway?.configuration.out ?? [])
    .filter(({ keeps }) => !keeps)
    .map(({ kind, name, version, why }) =>
      finding('error', `${kind} ${name}${version ? `/${version}` : ''} is not served: ${why}`, `sheaf check ${folder}`),
    );
