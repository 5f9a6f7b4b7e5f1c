/** The parts of policies.yaml that are about where callers come from, and what is written down of their calls. */
import { choice, either, mapOf, mapped, optional, type Reader, record, text } from '@sheaf/document';
import { ranges, someRanges } from '@sheaf/identity';
import { type AccessLogSpec, type AddressRules, accessLogCalls } from './spec.ts';

const roleFields = {
  infer: optional(someRanges, 'Callers with this role.'),
  observe: optional(someRanges, 'Callers with this role.'),
  admin: optional(someRanges, 'Callers with this role.'),
};
const keyId = text('the id of an API key, as sheaf keys list has it', /^[a-z2-7]{12}$/);

export const addressFields = {
  allow: optional(someRanges, 'Whoever comes from elsewhere is refused, whatever they show. Default every address.'),
  deny: optional(ranges, 'Whoever comes from here is refused, whatever they show, also if `allow` has the address.'),
  roles: optional(record(roleFields), 'Where callers with a role may come from. Default everywhere.'),
  keys: optional(
    mapOf(someRanges, { min: 0, max: 1_024, noun: 'key', key: keyId }),
    'Where API keys, by their id, may be used. Default everywhere.',
  ),
};

export const addresses: Reader<AddressRules> = mapped(
  record(addressFields),
  ({ allow, deny = [], roles = {}, keys = new Map() }): AddressRules => ({
    allow,
    deny,
    roles: Object.fromEntries(Object.entries(roles).filter(([, value]) => value !== undefined)),
    keys: Object.fromEntries(keys),
  }),
);

const calls = choice(accessLogCalls);
export const accessLogFields = {
  calls: optional(calls, '`refused`: those that did not end well. Default refused.'),
  file: optional(
    text('a file such as ./access.log or /var/log/sheaf/access.log', /^(\.\/|\/)[^\0]{1,1024}$/),
    'Where the lines go, appended to it; `./` is the folder. Default: the standard output of the gateway.',
  ),
};

export const accessLog: Reader<AccessLogSpec> = either(
  (value) => typeof value === 'string',
  mapped(calls, (which): AccessLogSpec => ({ calls: which, file: undefined })),
  mapped(record(accessLogFields), ({ calls: which = 'refused', file }): AccessLogSpec => ({ calls: which, file })),
);
