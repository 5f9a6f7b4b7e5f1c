import type { Path, Problems } from './problems.ts';
import { type Definitions, isRecord, type JsonSchema, type Reader, type ValueOf } from './reader.ts';
import { nearest, unknownKey } from './unknown-key.ts';

type FieldKind = 'required' | 'optional' | 'default';

/** One key of a mapping. */
export interface Field<T, Kind extends FieldKind = FieldKind> {
  readonly reader: Reader<T>;
  readonly kind: Kind;
  /** One sentence for editors and the reference page. */
  readonly doc: string;
  /** What holds where the key is left out, or where its value has a problem; of fields with a default only. */
  readonly fallback?: T;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K]['kind'] extends 'optional' ? K : never }[keyof F];

/** What a mapping of these fields holds. */
export type ValuesOf<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalKeys<F>>]: ValueOf<F[K]['reader']>;
} & {
  readonly [K in OptionalKeys<F>]: ValueOf<F[K]['reader']> | undefined;
};

/** What has all that the members of a union have: the whole of which each is a part. */
export type AllOf<Parts> = (Parts extends unknown ? (part: Parts) => void : never) extends (whole: infer Whole) => void
  ? Whole
  : never;

export const required = <T>(reader: Reader<T>, doc: string): Field<T, 'required'> => ({
  reader,
  doc,
  kind: 'required',
});

export const optional = <T>(reader: Reader<T>, doc: string): Field<T, 'optional'> => ({
  reader,
  doc,
  kind: 'optional',
});

/** A key that may be left out; `doc` is told with the default behind it. */
export const withDefault = <T>(reader: Reader<T>, fallback: T, doc: string): Field<T, 'default'> => ({
  reader,
  doc: `${doc} Default ${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}.`,
  kind: 'default',
  fallback,
});

/** A mapping with these keys and no others. */
export function record<F extends Fields>(fields: F): Reader<ValuesOf<F>> {
  const expected = `a mapping of ${Object.keys(fields).join(', ')}`;
  return {
    expected,
    read(value, path, problems) {
      if (!isRecord(value)) return problems.wanted(path, expected, value);
      return readFields(fields, value, path, problems, (key) => unknownKey(key, Object.keys(fields)));
    },
    schema: (definitions) => objectSchema(fields, definitions),
  };
}

/** Mistakes come in the order in which the keys are written, and after them what is missing. Undefined when a required one cannot be read. */
function readFields<F extends Fields>(
  fields: F,
  value: Record<string, unknown>,
  path: Path,
  problems: Problems,
  unknown: (key: string) => string,
): ValuesOf<F> | undefined {
  const read: Record<string, unknown> = {};
  const written = Object.keys(value).filter((key) => value[key] !== undefined);
  for (const key of new Set([...written, ...Object.keys(fields)])) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!field) problems.add([...path, key], unknown(key));
    else if (written.includes(key) || field.kind === 'required')
      read[key] = field.reader.read(written.includes(key) ? value[key] : undefined, [...path, key], problems);
  }
  let isComplete = true;
  for (const [key, { kind, fallback }] of Object.entries(fields)) {
    read[key] = Object.hasOwn(read, key) ? (read[key] ?? fallback) : fallback;
    if (kind === 'required' && read[key] === undefined) isComplete = false;
  }
  return isComplete ? (read as ValuesOf<F>) : undefined;
}

function objectSchema(fields: Fields, definitions: Definitions): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(fields).map(([key, { reader, doc, fallback }]) => [
        key,
        {
          description: doc,
          ...(fallback === undefined ? {} : { default: fallback }),
          ...reader.schema(definitions),
        },
      ]),
    ),
    required: Object.entries(fields).flatMap(([key, { kind }]) => (kind === 'required' ? [key] : [])),
    additionalProperties: false,
  };
}

/** A mapping of several kinds, told apart by which of the kinds' own names is among its keys. */
export interface Variants {
  /** What one is called in messages: `stage`. */
  readonly noun: string;
  /** By kind; each has a required field of its kind's name. */
  readonly kinds: Readonly<Record<string, Fields>>;
  readonly shared: Fields;
}

export type VariantOf<V extends Variants> = {
  [K in keyof V['kinds'] & string]: { readonly kind: K } & ValuesOf<V['kinds'][K]> & ValuesOf<V['shared']>;
}[keyof V['kinds'] & string];

/** Exactly one of several kinds of mapping. */
export function variants<V extends Variants>(variety: V): Reader<VariantOf<V>> {
  const { kinds, shared } = variety;
  const names = Object.keys(kinds);
  const expected = `a mapping with one of ${names.join(', ')}`;
  return {
    expected,
    read(value, path, problems) {
      if (!isRecord(value)) return problems.wanted(path, expected, value);
      const [kind, ...more] = names.filter((candidate) => Object.hasOwn(value, candidate));
      if (kind === undefined || more.length > 0) return problems.add(path, notOneKind(variety, value));
      const fields: Fields = { ...kinds[kind], ...shared };
      const read = readFields(fields, value, path, problems, (key) => foreignKey(variety, kind, key));
      return read && ({ kind, ...read } as unknown as VariantOf<V>);
    },
    schema: (definitions) => ({
      oneOf: names.map((kind) => objectSchema({ ...kinds[kind], ...shared }, definitions)),
    }),
  };
}

function notOneKind({ kinds, shared }: Variants, value: Record<string, unknown>): string {
  const names = Object.keys(kinds);
  const known = new Set([...Object.values(kinds).flatMap(Object.keys), ...Object.keys(shared)]);
  const present = names.filter((candidate) => Object.hasOwn(value, candidate));
  const others = Object.keys(value).filter((key) => !known.has(key));
  const got = (present.length > 0 ? present : others).join(' and ') || 'none';
  const meant = present.length === 0 && others.length === 1 ? nearest(others[0] ?? '', names) : undefined;
  return `want exactly one of ${names.join(', ')}, got ${got}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function foreignKey({ noun, kinds, shared }: Variants, kind: string, key: string): string {
  const owners = Object.keys(kinds).filter((other) => Object.hasOwn(kinds[other] ?? {}, key));
  return owners.length > 0
    ? `"${key}" belongs to a ${noun} of kind ${owners.join(' or ')}, this is a ${kind}`
    : unknownKey(key, Object.keys({ ...kinds[kind], ...shared }));
}
