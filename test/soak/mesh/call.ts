/** One call on the bare protocol, so that what went over the wire is known: whether it left, and how it ended. */
import { type ClientHttp2Session, constants } from 'node:http2';
import type { Ending } from './ledger.ts';

export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** With the head that gRPC puts before it. */
  readonly body: Buffer;
  /** The caller leaves so long after its message has gone out. Milliseconds; undefined: it waits for its answer. */
  readonly leaveAfterMs?: number | undefined;
}

/** Bytes that gRPC puts before a message. */
export const headBytes = 5;

/** Names of the codes of gRPC, by number. */
const codes = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/** Always resolves. A caller that leaves has sent all that it had to say, so that the server has heard of it. */
export function call(session: ClientHttp2Session, { path, headers, body, leaveAfterMs }: Asked): Promise<Ending> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let told = new Map<string, string>();
    let received = 0;
    let hasLeft = false;
    const leave = (): void => {
      hasLeft = !told.has('grpc-status');
      stream.close(constants.NGHTTP2_CANCEL);
    };
    // A refusal is told in the headers that come first.
    for (const event of ['response', 'trailers'] as const)
      stream.on(event, (fields: Record<string, unknown>) => {
        if (hasLeft) return;
        told = new Map([...told, ...Object.entries(fields).map(([name, value]) => [name, String(value)] as const)]);
      });
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    stream.on('error', () => {});
    stream.on('close', () => {
      const status = told.get('grpc-status');
      const unknown = hasLeft ? 'LEFT' : 'LOST';
      const code = status === undefined ? unknown : (codes[Number(status)] ?? status);
      const decision = told.get('x-mesh-decision') ?? '';
      resolve({ code, decision, bytesIn: body.length - headBytes, bytesOut: Math.max(0, received - headBytes) });
    });
    stream.end(body, () => {
      if (leaveAfterMs !== undefined) setTimeout(leave, leaveAfterMs);
    });
  });
}
