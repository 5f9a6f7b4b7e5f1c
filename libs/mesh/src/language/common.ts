/** Readers that several parts of mesh.yaml and model.yaml are made of. */
import { isIPv6 } from 'node:net';
import {
  choice,
  distinct,
  type Fields,
  list,
  mapped,
  mayBeEmpty,
  nonEmpty,
  Problems,
  type Reader,
  record,
  scalar,
  text,
  type ValuesOf,
} from '@sheaf/document';
import { addressForm, addressProblem } from '@sheaf/inference';

export const dayMs = 24 * 3_600_000;

/** A mapping whose keys may all be left out; so may what stands behind its own key. */
export const settings = <F extends Fields>(fields: F): Reader<ValuesOf<F>> => mayBeEmpty(record(fields));

/** What holds where nothing is said. Throws for a reader that wants something to be said. */
export function defaultsOf<T>(reader: Reader<T>): T {
  const read = reader.read({}, [], new Problems());
  if (read === undefined) throw new Error('a document without keys cannot be read');
  return read;
}

export const variable = text('the name of a variable of the environment', /^[A-Za-z_][A-Za-z0-9_]{0,127}$/);
export const variables = list(variable, 'a list of names of variables of the environment', 1_024);

/** Of models and transforms. */
export const names = list(text('a name'), 'a list of names', 65_536);

/** Some of `values`, each once. */
export const someOf = <const T extends string>(values: readonly T[]): Reader<readonly [T, ...T[]]> =>
  mapped(
    distinct(
      nonEmpty(
        list(choice(values), `a list of ${values.join(', ')}, each at most once`, values.length),
        `want at least one of ${values.join(', ')}`,
      ),
    ),
    ([first, ...others]) => (first === undefined ? undefined : [first, ...others]),
  );

const hostPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** What an IPv6 address looks like, in brackets or without. */
const ipv6Form = /^\[?[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%[^\]]+)?\]?$/;
const unbracketed = (host: string): string => /^\[(.*)\]$/.exec(host)?.[1] ?? host;

/** The name or address of a host; an IPv6 address may stand in brackets, and comes without. */
export const host: Reader<string> = mapped(
  scalar(
    'the name or address of this machine to listen on, such as 127.0.0.1 or ::1, without a port',
    (value): value is string => typeof value === 'string' && (isIPv6(unbracketed(value)) || hostPattern.test(value)),
    { type: 'string', anyOf: [{ pattern: hostPattern.source }, { pattern: ipv6Form.source }] },
  ),
  (written) => (isIPv6(unbracketed(written)) ? unbracketed(written) : written),
);

/** An address or a CIDR range. One that is everybody is a slip of the pen. */
export const network: Reader<string> = scalar(
  'an address or a CIDR range of less than everybody, such as 10.0.0.0/8 or 2001:db8::1',
  (value): value is string => typeof value === 'string' && addressProblem(value) === undefined && !value.endsWith('/0'),
  { type: 'string', pattern: addressForm.source, not: { pattern: '/0$' } },
);

export const pemFile = text('a file in PEM, from the mesh folder', /^[^\0]+$/);
