import { fenced, fieldsTable, optional, section } from '@sheaf/document';
import { grantFields, type IdentitySpec, identityProviders, throttleFields } from '@sheaf/identity';
import { methodRoles } from '../admission.ts';
import { identityFields, identity as reader } from '../identity-language.ts';
import type { OpenMethods } from '../spec.ts';
import type { Policy } from './policy.ts';

interface Spec {
  readonly identity: IdentitySpec;
  readonly open: readonly OpenMethods[];
}

const methods = [
  '| method | role |',
  '|---|---|',
  ...Object.entries(methodRoles).map(
    ([method, role]) => `| \`${method}\` | ${role === 'any' ? 'any that is known' : [role].flat().join(' or ')} |`,
  ),
].join('\n');

const throttled = `
identity:
  throttle: { address: 200, waitMax: 5m }`;

const fields = { identity: optional(reader, 'Who may call, and by what credential.') };

/** `createAdmission` asks it before the message is read. */
export const identity: Policy<Spec, typeof fields> = {
  fields,
  read: ({ identity: read }) => ({
    // Whoever writes a file of policies and says nothing of identity wants API keys.
    identity: read?.identity ?? { keys: true, jwt: [], certificates: [], anonymous: undefined },
    open: read?.open ?? [],
  }),
  reference: [
    section(
      'identity',
      'The first credential that a caller shows decides: `x-api-key`, `authorization: Bearer` (an API key or a token), a client certificate, nothing. A bad one is refused whatever else there is.',
      fieldsTable(identityFields),
      '### What a credential gives',
      'The same keys for `anonymous` and for each of `certificates`; for an API key they are said when it is made.',
      fieldsTable(grantFields),
      'Roles: `infer` asks models, `observe` reads how things are, `publish` brings versions to the registry, `report` tells a registry what a mesh elsewhere has seen of its rollouts, `admin` changes what is in force (and may do what `observe`, `publish` and `report` may). Nobody has `infer` and one of `publish`, `report` and `admin`; nobody anonymous has these. A caller may ask for a lower priority (`x-priority`, or the parameter `priority`), never for a higher one.',
      ...identityProviders.flatMap(({ reference, example }) => [...reference, ...(example ? [fenced(example)] : [])]),
      '### throttle',
      'API keys and tokens that are not valid are counted by the address that they come from; what has expired, client certificates, and nothing at all are not counted. When there were too many, the next are refused unseen for a second, and after each further failure for twice as long. Meanwhile a key that was good from that address before is looked at, and so is a token whose issuer and subject were. Failures are forgotten evenly within ten minutes. Each gateway counts for itself. Behind a proxy, such as an ingress, name it in `gateway.trustedProxies` in mesh.yaml: else all callers have its address, and one of them with bad tokens has every new one refused. What comes from loopback is not counted, since it may come through a proxy of this machine.',
      fieldsTable(throttleFields),
      fenced(throttled),
      '### Methods',
      methods,
    ),
  ],
  examples: {
    throttle: throttled,
    ...Object.fromEntries(
      identityProviders.flatMap(({ fields: own, example }) => (example ? [[Object.keys(own).join(), example]] : [])),
    ),
  },
};
