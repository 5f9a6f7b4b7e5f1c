/** The headers and trailers of answers. */
import { encodeHeaders, type Field, type HeaderBlock } from '@sheaf/http2';
import { statusFields, type Trailers } from '../../status.ts';
import { acceptedEncodings } from '../framing.ts';

/** As grpc-js has it. */
const grpcContentType = 'application/grpc+proto';

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

const bareHead: readonly Field[] = [
  [':status', '200'],
  ['content-type', grpcContentType],
];

/** Of an answer that is a refusal and nothing else, so that clients' retry rules apply. `metadata` is told before it. */
export const refusalOnly = (thrown: unknown, trailers: Trailers, metadata: readonly Field[]): HeaderBlock =>
  encodeHeaders([...bareHead, ...metadata, ...statusFields(thrown, trailers)]);

/** Of an answer that has begun, and ends by an error. */
export const refusalEnd = (thrown: unknown, trailers: Trailers): HeaderBlock =>
  encodeHeaders(statusFields(thrown, trailers));

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
  415: httpRefusal(415, 'want a content-type of application/grpc or application/grpc+proto: this is a server of gRPC'),
} as const;
