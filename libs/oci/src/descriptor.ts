/** What OCI calls a descriptor: the type, the digest and the size of some bytes. */
import { createHash, hash } from 'node:crypto';
import { refuse } from './refuse.ts';

export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Other algorithms are allowed by the standard, and hardly used. */
export const isDigest = (text: unknown): text is string =>
  typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text);

export const describe = (mediaType: string, bytes: Uint8Array): Descriptor => ({
  mediaType,
  digest: `sha256:${hash('sha256', bytes)}`,
  size: bytes.byteLength,
});

/** Reads what should be a descriptor; `path` says where it stands. */
export function descriptorIn(value: unknown, path: string): Descriptor {
  const { mediaType, digest, size, annotations = {} } = fieldsIn(value, path);
  if (typeof mediaType !== 'string') throw refuse(`${path}.mediaType: want a media type`);
  if (!isDigest(digest)) throw refuse(`${path}.digest: want sha256: and 64 hex digits`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw refuse(`${path}.size: want a number of bytes`);
  return { mediaType, digest, size, annotations: textsIn(annotations, `${path}.annotations`) };
}

export function fieldsIn(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(`${path}: want an object`);
  return value as Record<string, unknown>;
}

export function textsIn(value: unknown, path: string): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsIn(value, path));
  if (entries.some(([, text]) => typeof text !== 'string')) throw refuse(`${path}: want texts`);
  // Without a prototype, since the keys are somebody else's.
  return Object.assign(Object.create(null), value);
}

/** Parses JSON of somebody else's. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse(`${what}: want JSON in UTF-8`);
  }
}

/** Throws FAILED_PRECONDITION where bytes have another digest. */
export function checkDigest(digest: string, bytes: Uint8Array): void {
  const got = `sha256:${hash('sha256', bytes)}`;
  if (got !== digest) throw refuse(`blob ${digest}: its bytes have another digest, ${got}`);
}

/** Hands bytes on while it counts and hashes them; throws FAILED_PRECONDITION as soon as they are more, and at the end unless they are those described. */
export async function* verified(
  { digest, size }: Descriptor,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const sum = createHash('sha256');
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > size) throw refuse(`blob ${digest}: want ${size} bytes, got more`);
    sum.update(piece);
    yield piece;
  }
  if (bytes !== size) throw refuse(`blob ${digest}: want ${size} bytes, got ${bytes}`);
  const got = `sha256:${sum.digest('hex')}`;
  if (got !== digest) throw refuse(`blob ${digest}: its bytes have another digest, ${got}`);
}
