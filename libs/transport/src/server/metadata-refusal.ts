/** What a caller's metadata has to be before anything else is looked at. */
import type { IncomingHttpHeaders } from 'node:http2';
import { InferError, invalidMetadata, type Limits } from '@sheaf/inference';

/** Eight digits at most and a unit: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const timeoutPattern = /^[0-9]{1,8}[HMSmun]$/;
const namePattern = /^:?[a-z0-9_.-]+$/;
const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;
/** No control characters. gRPC itself writes printable ASCII only, but ingresses add what HTTP allows: bytes of UTF-8, tabs (RFC 9110, 5.5). */
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

/** How long a call's metadata is, and what is wrong with it otherwise. One pass without a list of its own: every call comes by here. */
export function lookAtMetadata(headers: IncomingHttpHeaders): {
  readonly bytes: number;
  readonly malformed: InferError | undefined;
} {
  let bytes = 0;
  let wrong: string | undefined;
  for (const name in headers) {
    const given = headers[name];
    for (const value of Array.isArray(given) ? given : [given ?? '']) {
      bytes += headerBytes(name, value);
      if (wrong === undefined && !isGood(name, value)) wrong = name;
    }
  }
  const timeout = headers['grpc-timeout'];
  if (timeout !== undefined && !timeoutPattern.test(String(timeout)))
    return { bytes, malformed: invalidMetadata('grpc-timeout', 'want 1 to 8 digits and a unit of H, M, S, m, u or n') };
  return { bytes, malformed: wrong === undefined ? undefined : malformedRefusal(wrong) };
}

/** As HTTP/2 counts a header list (RFC 9113, 6.5.2). */
const headerBytes = (name: string, value: string): number => name.length + value.length + 32;

/** Several -bin values of one name come joined by commas. */
const isGood = (name: string, value: string): boolean =>
  namePattern.test(name) &&
  valuePattern.test(value) &&
  (!name.endsWith('-bin') || value.split(',').every((part) => base64Pattern.test(part.trim())));

/**
 * Whether HTTP/2 itself calls a header list malformed, so that its stream is reset (RFC 9113, 8.2.1). `list` has names and values in turn, as they came: white
 * space around a value is left to us. Names in upper case are reset by nghttp2. What else the RFC forbids, Node drops before anybody sees it.
 */
export function isMalformed(list: readonly string[]): boolean {
  for (let index = 1; index < list.length; index += 2) {
    const value = list[index] as string;
    if (isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1))) return true;
  }
  return false;
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;

export function tooLongRefusal(bytes: number, { metadataBytesMax: limit }: Limits): InferError {
  return new InferError('RESOURCE_EXHAUSTED', `the metadata takes ${bytes} bytes; the limit is ${limit}`, {
    reason: 'METADATA_TOO_LARGE',
    metadata: { limit: String(limit), size: String(bytes) },
    retryAfterMs: -1,
  });
}

function malformedRefusal(name: string): InferError {
  const field = namePattern.test(name) ? `metadata "${name.slice(0, 64)}"` : 'metadata';
  const want = name.endsWith('-bin')
    ? 'want base64'
    : 'want a name of a-z, 0-9, "_", "-", "." and a value without control characters';
  return invalidMetadata(field, want);
}
