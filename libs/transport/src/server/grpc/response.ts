/** The headers and trailers of answers. */
import type { Field, HeaderBlock } from '@sheaf/http2';
import { grpcContentType, noTrailers, type Trailers, toRefusalHeaders } from '../../status.ts';
import { acceptedEncodings } from '../framing.ts';
import { headerBlock } from './header-fields.ts';

const head: readonly Field[] = [
  [':status', '200'],
  ['content-type', grpcContentType],
  ['grpc-accept-encoding', acceptedEncodings],
];

const plainHead = headerBlock(head);

/** Of an answer that has messages; `metadata` is told before them. */
export const responseHead = (metadata: readonly Field[]): HeaderBlock =>
  metadata.length === 0 ? plainHead : headerBlock([...head, ...metadata]);

const plainEnd = headerBlock([['grpc-status', '0']]);

/** Of an answer that is good. */
export const responseEnd = (trailers: Trailers): HeaderBlock =>
  trailers.size === 0 ? plainEnd : headerBlock([['grpc-status', '0'], ...trailers]);

/** Of an answer that is a refusal and nothing else, so that clients' retry rules apply. `metadata` is told before it. */
export function refusalOnly(
  thrown: unknown,
  trailers: Trailers = noTrailers,
  metadata: readonly Field[] = [],
): HeaderBlock {
  const fields = pairs(toRefusalHeaders(thrown, trailers));
  return headerBlock(metadata.length === 0 ? fields : [...fields, ...metadata]);
}

/** Of an answer that has begun, and ends by an error. */
export const refusalEnd = (thrown: unknown, trailers: Trailers): HeaderBlock =>
  headerBlock(pairs(toRefusalHeaders(thrown, trailers)).slice(2));

const pairs = (flat: readonly string[]): Field[] =>
  Array.from({ length: flat.length / 2 }, (_, at): Field => [flat[2 * at] ?? '', flat[2 * at + 1] ?? '']);

/** Of what is no gRPC. */
export const httpRefusals = {
  405: headerBlock([[':status', '405']]),
  415: headerBlock([[':status', '415']]),
} as const;
