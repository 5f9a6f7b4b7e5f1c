import {
  boolean,
  checked,
  choice,
  mapOf,
  mapped,
  optional,
  type Reader,
  record,
  required,
  scalar,
  text,
  type VariantOf,
  variants,
} from '@sheaf/document';
import { datatypes, isDatatype, type TensorSpec } from '@sheaf/inference';
import type { ContextSpec, Reference } from './spec.ts';

const referenceExpected = 'an input, or an output of a stage such as crop.digits or crop["any name"]';

/** A name as a JSON text, for one that ends in "?" or could be mistaken otherwise. */
const quoted = /^([^.[\p{Cc}]+)\["(.*)"\]$/u;
// Control characters by their numbers: not every editor knows \p{Cc} in a schema.
const control = String.raw`\u0000-\u001f\u007f-\u009f`;
const printable = new RegExp(`^[^${control}]+$`);
const plain = new RegExp(String.raw`^[^.${control}]+(?:\.[^${control}]+)?$`);

/** `input`, `stage.output`, `stage["output"]`, each with a `?` where it may be absent. */
export const reference: Reader<Reference> = mapped(
  scalar(referenceExpected, (value): value is string => typeof value === 'string' && plain.test(value), {
    type: 'string',
    pattern: plain.source,
  }),
  (written) => {
    const optionally = written.length > 1 && written.endsWith('?');
    const path = optionally ? written.slice(0, -1) : written;
    const inQuotes = quotedOf(path);
    if (inQuotes) return { ...inQuotes, optional: optionally };
    const dot = path.indexOf('.');
    return dot === -1
      ? { stage: undefined, name: path, optional: optionally }
      : { stage: path.slice(0, dot), name: path.slice(dot + 1), optional: optionally };
  },
);

function quotedOf(written: string): { readonly stage: string; readonly name: string } | undefined {
  const [, stage, text] = quoted.exec(written.replace(/\?$/, '')) ?? [];
  if (stage === undefined || text === undefined) return undefined;
  try {
    const name: unknown = JSON.parse(`"${text}"`);
    return typeof name === 'string' && printable.test(name) ? { stage, name } : undefined;
  } catch {
    return undefined;
  }
}

export const tensorName = text('a printable name', printable);
export const wires = mapOf(reference, { min: 0, max: 256, noun: 'input', key: tensorName });

const symbol = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const dims = scalar(
  'a list of integers of -1 or more, or names such as rows',
  (value): value is (number | string)[] =>
    Array.isArray(value) &&
    value.length <= 16 &&
    value.every((dim) => (typeof dim === 'string' ? symbol.test(dim) : Number.isSafeInteger(dim) && dim >= -1)),
  {
    type: 'array',
    maxItems: 16,
    items: {
      anyOf: [
        { type: 'integer', minimum: -1, maximum: Number.MAX_SAFE_INTEGER },
        { type: 'string', pattern: symbol.source },
      ],
    },
  },
);

const datatype = scalar('a datatype such as FP32', isDatatype, { enum: datatypes });

export const inputFields = {
  datatype: required(datatype, 'Datatype of the Open Inference Protocol, such as FP32.'),
  shape: required(
    dims,
    'Sizes; -1 is any size, and a name is any size that is the same wherever the name stands. Where a model wants one size, this is that size.',
  ),
  optional: optional(boolean, 'Callers may leave it out. Default false.'),
};
export const input: Reader<Omit<TensorSpec, 'name'>> = mapped(record(inputFields), (read) => ({
  datatype: read.datatype,
  shape: read.shape.map((dim) => (typeof dim === 'string' ? -1 : dim)),
  symbols: read.shape.map((dim) => (typeof dim === 'string' ? dim : '')),
  optional: read.optional ?? false,
}));

/** Keys that are ours or secret: no expression reads them. */
const withheld = /^(authorization|cookie|proxy-.*|x-api-key|grpc-.*|x-sheaf-.*|x-gw-.*|.*-bin)$/;
const metadataKey = checked(
  text('a metadata key in lower case, such as x-channel', /^[a-z0-9_.-]{1,64}$/),
  (key, path, problems) => {
    if (withheld.test(key)) problems.add(path, `"${key}" is not open to expressions`);
  },
  { not: { pattern: withheld.source } },
);
const contextDefault = scalar(
  'a text, a finite number, true or false',
  (value): value is string | number | boolean =>
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)),
  { type: ['string', 'number', 'boolean'] },
);
export const contextVariants = {
  noun: 'context value',
  kinds: {
    metadata: { metadata: required(metadataKey, "The caller's gRPC metadata under this key.") },
    parameter: { parameter: required(tensorName, "The request's parameter of this name.") },
    principal: {
      principal: required(
        choice(['tenant', 'id']),
        'Of the caller, as its credential says: its tenant, or the credential itself.',
      ),
    },
    claim: {
      claim: required(text('the name of a claim', /^[\x21-\x7e]{1,128}$/), "This claim of the caller's token."),
    },
  },
  shared: { default: required(contextDefault, 'Its value when the caller gives none; also says its type.') },
} as const;
function sourceOf(read: VariantOf<typeof contextVariants>): ContextSpec['source'] {
  switch (read.kind) {
    case 'metadata':
      return { kind: 'metadata', key: read.metadata };
    case 'parameter':
      return { kind: 'parameter', key: read.parameter };
    case 'principal':
      return { kind: 'principal', key: read.principal };
    case 'claim':
      return { kind: 'claim', key: read.claim };
  }
}

export const contextValue: Reader<Omit<ContextSpec, 'name'>> = mapped(variants(contextVariants), (read) => ({
  source: sourceOf(read),
  default: read.default,
}));
