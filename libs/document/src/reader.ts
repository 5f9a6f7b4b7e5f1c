import type { Path, Problems } from './problems.ts';

/** A JSON Schema (draft 2020-12), or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Where parts that are used more than once, or that hold themselves, are kept by name. */
export type Definitions = Map<string, JsonSchema>;

/** Reads one part of a document, and tells editors what may stand there: both from one definition. */
export interface Reader<T> {
  /** What is wanted, as a message says it after "want". */
  readonly expected: string;
  /** The value, or undefined when there is a problem with it, which has then been added. */
  read(value: unknown, path: Path, problems: Problems): T | undefined;
  schema(definitions: Definitions): JsonSchema;
}

export type ValueOf<R> = R extends Reader<infer T> ? T : never;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads what `test` accepts, as it is. */
export function scalar<T>(expected: string, test: (value: unknown) => value is T, schema: JsonSchema): Reader<T> {
  return {
    expected,
    read: (value, path, problems) => (test(value) ? value : problems.wanted(path, expected, value)),
    schema: () => schema,
  };
}

export const text = (expected: string, pattern = /^[\s\S]+$/): Reader<string> =>
  scalar(expected, (value): value is string => typeof value === 'string' && pattern.test(value), {
    type: 'string',
    ...(pattern.source === '^[\\s\\S]+$' ? { minLength: 1 } : { pattern: pattern.source }),
  });

export const boolean: Reader<boolean> = scalar(
  'true or false',
  (value): value is boolean => typeof value === 'boolean',
  { type: 'boolean' },
);

export const integer = (min: number, max = Number.MAX_SAFE_INTEGER): Reader<number> =>
  scalar(
    max === Number.MAX_SAFE_INTEGER ? `an integer of ${min} or more` : `an integer from ${min} to ${max}`,
    (value): value is number =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max,
    { type: 'integer', minimum: min, maximum: max },
  );

/** A finite number of `min` or more, and at most `max`. */
export const number = (min: number, max = Number.POSITIVE_INFINITY): Reader<number> =>
  scalar(
    expectedRange(min, max),
    (value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max,
    {
      type: 'number',
      ...(Number.isFinite(min) ? { minimum: min } : {}),
      ...(Number.isFinite(max) ? { maximum: max } : {}),
    },
  );

function expectedRange(min: number, max: number): string {
  if (Number.isFinite(max)) return `a number from ${min} to ${max}`;
  return Number.isFinite(min) ? `a finite number of ${min} or more` : 'a finite number';
}

export const choice = <const T extends string>(values: readonly T[]): Reader<T> =>
  scalar(
    values.length > 2 ? `one of ${values.join(', ')}` : values.join(' or '),
    (value): value is T => typeof value === 'string' && (values as readonly string[]).includes(value),
    { enum: values },
  );

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/** What stages, tensors, rules and pipelines are called. */
export const name: Reader<string> = text(
  'a name of letters, digits, "_" and "-", starting with a letter or digit, at most 128',
  namePattern,
);

/** Reads by `reader`, then makes something else of it; what `make` finds wrong it adds and answers undefined. */
export function mapped<T, U>(
  reader: Reader<T>,
  make: (value: T, path: Path, problems: Problems) => U | undefined,
): Reader<U> {
  return {
    ...reader,
    read(value, path, problems) {
      const read = reader.read(value, path, problems);
      return read === undefined ? undefined : make(read, path, problems);
    },
  };
}

/**
 * Reads by `reader`, and has `check` look at what it read, where nothing was wrong with that: so one mistake is told once. `keywords` say the same in
 * JSON Schema, as far as it can.
 */
export function checked<T>(
  reader: Reader<T>,
  check: (value: T, path: Path, problems: Problems) => void,
  keywords: JsonSchema = {},
): Reader<T> {
  return {
    ...reader,
    read(value, path, problems) {
      const before = problems.list.length;
      const read = reader.read(value, path, problems);
      if (read !== undefined && problems.list.length === before) check(read, path, problems);
      return read;
    },
    schema: (definitions) => bothOf(reader.schema(definitions), keywords),
  };
}

/** A keyword that stands in both would else hide that of the first. */
function bothOf(schema: JsonSchema, keywords: JsonSchema): JsonSchema {
  const isApart = Object.keys(keywords).every((keyword) => !Object.hasOwn(schema, keyword));
  return isApart ? { ...schema, ...keywords } : { allOf: [schema, keywords] };
}

/** A list with something in it; `message` says what an empty one is told. */
export const nonEmpty = <T>(reader: Reader<readonly T[]>, message: string): Reader<readonly T[]> =>
  checked(reader, (read, path, problems) => read.length === 0 && problems.add(path, message), { minItems: 1 });

/** A list in which nothing stands twice. */
export const distinct = <T extends string | number>(reader: Reader<readonly T[]>): Reader<readonly T[]> =>
  checked(
    reader,
    (read, path, problems) => {
      const twice = read.find((one, index) => read.indexOf(one) !== index);
      if (twice !== undefined) problems.add(path, `want each once, got "${twice}" twice`);
    },
    { uniqueItems: true },
  );

/** A mapping that may be written without a key in it, as where all its lines are commented out: YAML reads that as null. */
export function mayBeEmpty<T>(reader: Reader<T>): Reader<T> {
  return {
    ...reader,
    read: (value, path, problems) => reader.read(value ?? {}, path, problems),
    schema: (definitions) => ({ anyOf: [reader.schema(definitions), { type: 'null' }] }),
  };
}

/** One of two forms, told apart by `isFirst`. */
export function either<A, B>(isFirst: (value: unknown) => boolean, first: Reader<A>, second: Reader<B>): Reader<A | B> {
  const expected = `${first.expected}, or ${second.expected}`;
  return {
    expected,
    read(value, path, problems) {
      const chosen: Reader<A | B> = isFirst(value) ? first : second;
      // A value of neither form is told both expectations, not only the second's.
      const before = problems.list.length;
      const read = chosen.read(value, path, problems);
      const [problem] = problems.list.slice(before);
      if (problem && problem.path.length === path.length && problem.message.startsWith(`want ${second.expected}`)) {
        problems.list.length = before;
        problems.wanted(path, expected, value);
      }
      return read;
    },
    schema: (definitions) => ({ anyOf: [first.schema(definitions), second.schema(definitions)] }),
  };
}

/** Undefined when any item cannot be read: what is left would be another list. */
export function list<T>(item: Reader<T>, expected: string, max: number): Reader<readonly T[]> {
  return {
    expected,
    read(value, path, problems) {
      if (!Array.isArray(value)) return problems.wanted(path, expected, value);
      if (value.length > max) return problems.add(path, `want at most ${max}, got ${value.length}`);
      const read = value.flatMap((element, index) => item.read(element, [...path, index], problems) ?? []);
      return read.length === value.length ? read : undefined;
    },
    schema: (definitions) => ({ type: 'array', maxItems: max, items: item.schema(definitions) }),
  };
}

export interface MapBounds {
  readonly min: number;
  readonly max: number;
  /** What one entry is called: `stage`. */
  readonly noun: string;
  /** What a key must be; {@link name} unless given. */
  readonly key?: Reader<string>;
  /** Entries that can be read are there when others cannot; for parts that are looked at one by one. */
  readonly keepsOthers?: boolean;
}

/** Entries by name, in the order they are written. */
export function mapOf<T>(
  item: Reader<T>,
  { min, max, noun, key = name, keepsOthers = false }: MapBounds,
): Reader<ReadonlyMap<string, T>> {
  const expected = `${noun}s by name`;
  return {
    expected,
    read(value, path, problems) {
      if (!isRecord(value)) return problems.wanted(path, expected, value);
      const entries = Object.entries(value);
      if (entries.length < min || entries.length > max) {
        const bound = min === 0 ? `at most ${max}` : `${min} to ${max}`;
        return problems.add(path, `want ${bound} ${noun}s, got ${entries.length}`);
      }
      const read = new Map<string, T>();
      for (const [entry, body] of entries) {
        const place = [...path, entry];
        key.read(entry, place, problems);
        const made = item.read(body, place, problems);
        if (made !== undefined) read.set(entry, made);
      }
      return keepsOthers || read.size === entries.length ? read : undefined;
    },
    schema: (definitions) => ({
      type: 'object',
      minProperties: min,
      maxProperties: max,
      propertyNames: key.schema(definitions),
      additionalProperties: item.schema(definitions),
    }),
  };
}

/** A part that is defined once and used by name; so it may hold itself. */
export function named<T>(definition: string, reader: () => Reader<T>): Reader<T> {
  return {
    get expected() {
      return reader().expected;
    },
    read: (value, path, problems) => reader().read(value, path, problems),
    schema(definitions) {
      if (!definitions.has(definition)) {
        definitions.set(definition, {});
        definitions.set(definition, reader().schema(definitions));
      }
      return { $ref: `#/$defs/${definition}` };
    },
  };
}
