import type { Path, Problems } from './problems.ts';
import { type Definitions, isRecord, type JsonSchema, type Reader, type ValueOf } from './reader.ts';

/** One key of a mapping. */
export interface Field<T, Required extends boolean = boolean> {
  readonly reader: Reader<T>;
  readonly required: Required;
  /** For editors and the reference page. */
  readonly doc: string;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

type RequiredKeys<F extends Fields> = { [K in keyof F]: F[K]['required'] extends true ? K : never }[keyof F];

/** What a mapping of these fields holds. */
export type ValuesOf<F extends Fields> = {
  readonly [K in RequiredKeys<F>]: ValueOf<F[K]['reader']>;
} & {
  readonly [K in Exclude<keyof F, RequiredKeys<F>>]: ValueOf<F[K]['reader']> | undefined;
};

export const required = <T>(reader: Reader<T>, doc: string): Field<T, true> => ({ reader, doc, required: true });
export const optional = <T>(reader: Reader<T>, doc: string): Field<T, false> => ({ reader, doc, required: false });

/** A mapping with these keys and no others. */
export function record<F extends Fields>(fields: F): Reader<ValuesOf<F>> {
  const expected = `a mapping of ${Object.keys(fields).join(', ')}`;
  return {
    expected,
    read(value, path, problems) {
      if (!isRecord(value)) return problems.wanted(path, expected, value);
      refuseOthers(value, Object.keys(fields), path, problems);
      return readFields(fields, value, path, problems);
    },
    schema: (definitions) => objectSchema(fields, definitions),
  };
}

function refuseOthers(value: object, keys: readonly string[], path: Path, problems: Problems): void {
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) problems.add([...path, key], `unknown key; the keys are ${keys.join(', ')}`);
  }
}

/** Undefined when a required one cannot be read. */
function readFields<F extends Fields>(
  fields: F,
  value: Record<string, unknown>,
  path: Path,
  problems: Problems,
): ValuesOf<F> | undefined {
  const read: Record<string, unknown> = {};
  let complete = true;
  for (const [key, { reader, required: isRequired }] of Object.entries(fields)) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    read[key] = given === undefined && !isRequired ? undefined : reader.read(given, [...path, key], problems);
    if (isRequired && read[key] === undefined) complete = false;
  }
  return complete ? (read as ValuesOf<F>) : undefined;
}

function objectSchema(fields: Fields, definitions: Definitions): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(fields).map(([key, { reader, doc }]) => [
        key,
        { description: doc, ...reader.schema(definitions) },
      ]),
    ),
    required: Object.entries(fields).flatMap(([key, field]) => (field.required ? [key] : [])),
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
export function variants<V extends Variants>({ noun, kinds, shared }: V): Reader<VariantOf<V>> {
  const names = Object.keys(kinds);
  const expected = `a mapping with one of ${names.join(', ')}`;
  return {
    expected,
    read(value, path, problems) {
      if (!isRecord(value)) return problems.wanted(path, expected, value);
      const present = names.filter((candidate) => Object.hasOwn(value, candidate));
      const [kind] = present;
      const known = new Set([...Object.values(kinds).flatMap(Object.keys), ...Object.keys(shared)]);
      if (kind === undefined || present.length > 1) {
        const others = Object.keys(value).filter((key) => !known.has(key));
        const got = (present.length > 0 ? present : others).join(' and ') || 'none';
        return problems.add(path, `want exactly one of ${names.join(', ')}, got ${got}`);
      }
      const fields: Fields = { ...kinds[kind], ...shared };
      for (const key of Object.keys(value).filter((other) => !Object.hasOwn(fields, other))) {
        const owners = names.filter((other) => Object.hasOwn(kinds[other] ?? {}, key));
        problems.add(
          [...path, key],
          owners.length > 0
            ? `"${key}" belongs to a ${noun} of kind ${owners.join(' or ')}, this is a ${kind}`
            : `unknown key; the keys are ${Object.keys(fields).join(', ')}`,
        );
      }
      const read = readFields(fields, value, path, problems);
      return read && ({ kind, ...read } as unknown as VariantOf<V>);
    },
    schema: (definitions) => ({
      oneOf: names.map((kind) => objectSchema({ ...kinds[kind], ...shared }, definitions)),
    }),
  };
}
