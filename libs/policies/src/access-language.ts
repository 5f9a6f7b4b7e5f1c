/** The parts of policies.yaml that are about where callers come from, and what is written down of their calls. */
import {
  boolean,
  choice,
  duration,
  either,
  integer,
  list,
  mapOf,
  mapped,
  optional,
  type Reader,
  record,
  scalar,
  text,
} from '@sheaf/document';
import { type ThrottleSpec, throttleDefault } from '@sheaf/identity';
import { type AddressRange, addressProblem } from '@sheaf/inference';
import { type AccessLogSpec, type AddressRules, accessLogCalls } from './spec.ts';

const range: Reader<AddressRange> = scalar(
  'an address, or a network such as 10.0.0.0/8 or 2001:db8::/32',
  (value): value is AddressRange => typeof value === 'string' && addressProblem(value) === undefined,
  { type: 'string', minLength: 2, maxLength: 43 },
);

export const ranges: Reader<readonly AddressRange[]> = list(range, 'a list of addresses and networks', 256);

/** A list that is to let somebody in holds somebody. */
export const someRanges: Reader<readonly AddressRange[]> = mapped(ranges, (read, path, problems) =>
  read.length > 0 ? read : problems.add(path, 'want at least one; left out, it is every address'),
);

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

export const throttleFields = {
  address: optional(
    integer(1, 1_000_000),
    `Credentials from one address (IPv6: one /64) that may be bad within ten minutes. Default ${throttleDefault.address}.`,
  ),
  waitMax: optional(
    duration,
    'The longest wait; the first is a second, and each further failure doubles it. Default 1m.',
  ),
};

export const throttle: Reader<ThrottleSpec | false> = either(
  (value) => typeof value === 'boolean',
  mapped(boolean, (on) => (on ? throttleDefault : false)),
  mapped(record(throttleFields), ({ address, waitMax }) => ({
    address: address ?? throttleDefault.address,
    waitMaxMs: waitMax ?? throttleDefault.waitMaxMs,
  })),
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
