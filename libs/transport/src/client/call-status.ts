/** How a call ended, as its client sees it: what the server said, or what follows from how its stream ended. */
import { errorCodes, type HeaderList, type StreamEnd } from '@sheaf/http2';
import type { Failure } from '../status.ts';
import { type StatusCode, status } from '../status-codes.ts';

export interface CallStatus {
  readonly code: StatusCode;
  /** What the server says, or words of ours, which name no address. */
  readonly details: string;
  /** Also those that a server has sent in the headers of an answer that is nothing else; none where the status is our own. */
  readonly trailers: HeaderList;
  /** Whether the server refused it without having looked at it, so that it may be sent again at once, whatever it does. */
  readonly isRefused: boolean;
}

const noTrailers: HeaderList = { fields: [], get: () => undefined, size: 0 };

/** A status that no server sent. */
export const ownStatus = (code: StatusCode, details: string, isRefused = false): CallStatus => ({
  code,
  details,
  trailers: noTrailers,
  isRefused,
});

/** As `grpc.Metadata` has it: each value of a key in lower case, as bytes where the key ends in `-bin`. */
const metadataIn = (trailers: HeaderList): NonNullable<Failure['metadata']> => ({
  get(key) {
    const values = trailers.fields.filter(([name]) => name === key).map(([, value]) => value);
    if (!key.endsWith('-bin')) return values;
    return values.flatMap((value) => value.split(',')).map((value) => Buffer.from(value, 'base64'));
  },
});

/** A status that is no OK, as `fromStatus` takes it. */
export const failureOf = ({ code, details, trailers, isRefused }: CallStatus): Failure => ({
  code,
  details,
  metadata: metadataIn(trailers),
  isRefused,
});

/** What trailers say, or the headers of an answer that is nothing but a status. */
export function statusIn(trailers: HeaderList): CallStatus {
  const code = trailers.get('grpc-status');
  if (code === undefined || !codes.has(code))
    return { ...ownStatus(status.UNKNOWN, 'the answer ended without a status that there is'), trailers };
  return { code: Number(code), details: readMessage(trailers.get('grpc-message') ?? ''), trailers, isRefused: false };
}

const codes: ReadonlySet<string> = new Set(Object.values(status).map(String));

/** Percent-encoded UTF-8; what is not well encoded is told as it came, as the protocol has it. */
function readMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What headers mean that are not those of an answer that can be read; undefined where they are. */
export function statusOfHttp(headers: HeaderList): CallStatus | undefined {
  const httpStatus = headers.get(':status');
  if (httpStatus !== '200')
    return ownStatus(httpCodes[httpStatus ?? ''] ?? status.UNKNOWN, `the answer has the HTTP status ${httpStatus}`);
  const [type = '', codec = 'proto'] = headers.get('content-type')?.split(/[;+]/) ?? [];
  if (type !== 'application/grpc') return ownStatus(status.UNKNOWN, 'the answer is not one of gRPC');
  if (codec !== 'proto') return ownStatus(status.INTERNAL, 'the messages of the answer are not protobuf');
  return undefined;
}

/** As gRPC's document `http-grpc-status-mapping` has it. */
const httpCodes: Readonly<Record<string, StatusCode>> = {
  '400': status.INTERNAL,
  '401': status.UNAUTHENTICATED,
  '403': status.PERMISSION_DENIED,
  '404': status.UNIMPLEMENTED,
  '429': status.UNAVAILABLE,
  '502': status.UNAVAILABLE,
  '503': status.UNAVAILABLE,
  '504': status.UNAVAILABLE,
};

/** What the end of a stream means whose status did not come. `hasBegun`: something of an answer has come, so that whoever refuses it has seen it. */
export function statusOfEnd({ kind, code }: StreamEnd, hasBegun: boolean): CallStatus {
  if (kind === 'lost') return ownStatus(status.UNAVAILABLE, 'the connection was lost');
  if (code === errorCodes.REFUSED_STREAM)
    return hasBegun
      ? ownStatus(status.UNAVAILABLE, 'the call was refused after its answer had begun')
      : ownStatus(status.UNAVAILABLE, 'the call was refused unseen', true);
  return ownStatus(resetCodes[code] ?? status.INTERNAL, `the call was reset with the code ${code}`);
}

/** As gRPC's document `PROTOCOL-HTTP2` has it. */
const resetCodes: Readonly<Record<number, StatusCode>> = {
  [errorCodes.CANCEL]: status.CANCELLED,
  [errorCodes.ENHANCE_YOUR_CALM]: status.RESOURCE_EXHAUSTED,
  [errorCodes.INADEQUATE_SECURITY]: status.PERMISSION_DENIED,
};
