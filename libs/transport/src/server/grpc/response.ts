/** The headers and trailers of answers. */
import { encodeHeaders, type Field, type HeaderBlock } from '@sheaf/http2';
import { grpcContentType, noTrailers, type Trailers, toRefusalHeaders } from '../../status.ts';
import { acceptedEncodings } from '../framing.ts';

const head: readonly Field[] = [
  [':status', '200'],
  ['content-type', grpcContentType],
  ['grpc-accept-encoding', acceptedEncodings],
];

const plainHead = encodeHeaders(head);

/** Of an answer that has messages; `metadata` is told before them. */
export const responseHead = (metadata: readonly Field[]): HeaderBlock =>
  metadata.length === 0 ? plainHead : encodeHeaders([...head, ...metadata]);

const plainEnd = encodeHeaders([['grpc-status', '0']]);

/** Of an answer that is good. */
export const responseEnd = (trailers: Trailers): HeaderBlock =>
  trailers.size === 0 ? plainEnd : encodeHeaders([['grpc-status', '0'], ...trailers]);

/** Of an answer that is a refusal and nothing else, so that clients' retry rules apply. `metadata` is told before it. */
export function refusalOnly(
  thrown: unknown,
  trailers: Trailers = noTrailers,
  metadata: readonly Field[] = [],
): HeaderBlock {
  const fields = pairs(toRefusalHeaders(thrown, trailers));
  return encodeHeaders(metadata.length === 0 ? fields : [...fields, ...metadata]);
}

/** Of an answer that has begun, and ends by an error. */
export const refusalEnd = (thrown: unknown, trailers: Trailers): HeaderBlock =>
  encodeHeaders(pairs(toRefusalHeaders(thrown, trailers)).slice(2));

const pairs = (flat: readonly string[]): Field[] =>
  Array.from({ length: flat.length / 2 }, (_, at): Field => [flat[2 * at] ?? '', flat[2 * at + 1] ?? '']);

const httpRefusal = (status: 405 | 415, text: string): HttpRefusal => {
  const body = Buffer.from(`${text}\n`);
  return {
    head: encodeHeaders([
      [':status', String(status)],
      ['content-type', 'text/plain'],
    ]),
    body,
  };
};

export interface HttpRefusal {
  readonly head: HeaderBlock;
  readonly body: Buffer;
}

/** Of what is no gRPC, in words for whoever looks by hand. */
export const httpRefusals = {
  405: httpRefusal(405, 'want POST: this is a server of gRPC'),
  415: httpRefusal(415, 'want a content-type of application/grpc: this is a server of gRPC'),
} as const;
