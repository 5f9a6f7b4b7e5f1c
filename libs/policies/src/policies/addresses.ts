import { fieldsTable, mapOf, mapped, optional, type Reader, record, section, text } from '@sheaf/document';
import { ranges, someRanges } from '@sheaf/identity';
import type { AddressRules } from '../spec.ts';
import type { Policy } from './policy.ts';

interface Spec {
  /** Undefined: from everywhere. */
  readonly addresses?: AddressRules | undefined;
}

const roleFields = {
  infer: optional(someRanges, 'Callers with this role.'),
  observe: optional(someRanges, 'Callers with this role.'),
  publish: optional(someRanges, 'Callers with this role.'),
  report: optional(someRanges, 'Callers with this role.'),
  admin: optional(someRanges, 'Callers with this role.'),
};
const keyId = text('the id of an API key, as sheaf keys list has it', /^[a-z2-7]{12}$/);

const addressFields = {
  allow: optional(someRanges, 'Whoever comes from elsewhere is refused, whatever they show. Default every address.'),
  deny: optional(ranges, 'Whoever comes from here is refused, whatever they show, also if `allow` has the address.'),
  roles: optional(record(roleFields), 'Where callers with a role may come from. Default everywhere.'),
  keys: optional(
    mapOf(someRanges, { min: 0, max: 1_024, noun: 'key', key: keyId }),
    'Where API keys, by their id, may be used. Default everywhere.',
  ),
};

const reader: Reader<AddressRules> = mapped(
  record(addressFields),
  ({ allow, deny = [], roles = {}, keys = new Map() }): AddressRules => ({
    allow,
    deny,
    roles: Object.fromEntries(Object.entries(roles).filter(([, value]) => value !== undefined)),
    keys: Object.fromEntries(keys),
  }),
);

const fields = { addresses: optional(reader, 'Where callers may come from. Default everywhere.') };

/** `createAdmission` asks it before the message is read. */
export const addresses: Policy<Spec, typeof fields> = {
  fields,
  read: ({ addresses: read }) => ({ addresses: read }),
  reference: [
    section(
      'addresses',
      'An address is that of the connection, or what a proxy that is trusted says of it. `allow` and `deny` hold for all methods, also for those that are open, and are looked at before anything else. `addresses` of an issuer, of `anonymous` and of one of `certificates` is looked at before a signature.',
      fieldsTable(addressFields),
    ),
  ],
  examples: {},
};
