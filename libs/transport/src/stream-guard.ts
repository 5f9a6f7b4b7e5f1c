/** What grpc-js has no options for: how fast a caller may send, and calls that are refused before it sees them. */
import {
  constants,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type * as grpc from '@grpc/grpc-js';
import { InferError, type Limits } from '@sheaf/inference';
import { http2ServersOf } from './http2-servers.ts';
import { metadataRefusal } from './metadata-refusal.ts';
import { type Trailers, toStatus } from './status.ts';

/** Bytes a caller may send before it waits for us: else an upload moves 64 KiB per round trip. */
const receiveWindowBytes = 8 * 1024 * 1024;

/** Decides whether a call comes in: undefined when it does. */
export type Gate = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
) => GateRefusal | undefined | Promise<GateRefusal | undefined>;

export interface GateRefusal {
  readonly error: unknown;
  readonly trailers: Trailers;
}

export function guardStreams(server: grpc.Server, limits: Limits, gate?: Gate): void {
  for (const http2Server of http2ServersOf(server)) {
    raiseReceiveWindow(http2Server);
    const handlers = http2Server.listeners('stream');
    http2Server.removeAllListeners('stream');
    const enter = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
      endWhenLate(stream, headers, limits);
      for (const handle of handlers) Reflect.apply(handle, http2Server, [stream, headers]);
      resetOnWrongFlag(stream);
    };
    http2Server.on('stream', (stream: ServerHttp2Stream, headers) => {
      const refusal = refusalOf(headers, limits);
      if (refusal) return refuse(stream, refusal);
      const gated = gate?.(stream, headers);
      if (gated instanceof Promise) void enterLater(stream, gated, () => enter(stream, headers));
      else if (gated) refuse(stream, gated);
      else enter(stream, headers);
    });
  }
}

/** What the caller sends meanwhile waits in its stream, which nobody reads yet. */
async function enterLater(
  stream: ServerHttp2Stream,
  gated: Promise<GateRefusal | undefined>,
  enter: () => void,
): Promise<void> {
  // A caller that goes away meanwhile is no error of ours.
  const ignore = (): void => {};
  stream.on('error', ignore);
  const refusal = await gated;
  if (stream.destroyed || stream.closed) return;
  stream.off('error', ignore);
  if (refusal) refuse(stream, refusal);
  else enter();
}

/** There is no option for it on a server (grpc-node#3058). */
function raiseReceiveWindow(http2Server: Http2Server): void {
  http2Server.on('session', (session: ServerHttp2Session) => {
    session.setLocalWindowSize(receiveWindowBytes);
    session.settings({ initialWindowSize: receiveWindowBytes });
  });
}

type Refusal = { readonly httpStatus: number } | { readonly error: unknown; readonly trailers?: Trailers };

function refusalOf(headers: IncomingHttpHeaders, limits: Limits): Refusal | undefined {
  if (headers[':method'] !== 'POST') return { httpStatus: 405 };
  const error = metadataRefusal(headers, limits);
  return error && { error };
}

function refuse(stream: ServerHttp2Stream, refusal: Refusal): void {
  // A caller that goes away meanwhile is no error of ours.
  stream.on('error', () => {});
  if ('httpStatus' in refusal) stream.respond({ ':status': refusal.httpStatus }, { endStream: true });
  else {
    const { code, details, metadata } = toStatus(refusal.error, refusal.trailers);
    const headers = {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-status': code,
      'grpc-message': encodeURI(details),
      ...metadata?.toHttp2Headers(),
    };
    stream.respond(headers, { endStream: true });
  }
  stream.resume();
}

/** One message is all that these services take from a caller; one that never comes must not be waited for. */
function endWhenLate(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, { requestArrivalMaxMs }: Limits): void {
  const path = String(headers[':path']);
  if (!['/inference.', '/grpc.health.', '/sheaf.admin.'].some((prefix) => path.startsWith(prefix))) return;
  const timer = setTimeout(() => {
    const message = `the request did not arrive within ${requestArrivalMaxMs} ms`;
    if (!stream.headersSent)
      refuse(stream, { error: new InferError('DEADLINE_EXCEEDED', message, { reason: 'REQUEST_LATE' }) });
    stream.close();
  }, requestArrivalMaxMs);
  const settle = (): void => clearTimeout(timer);
  stream.once('end', settle).once('close', settle);
}

/** A message begins with 0, or with 1 when it is compressed; grpc-js takes anything else for 0. Its own listener comes after this one. */
function resetOnWrongFlag(stream: ServerHttp2Stream): void {
  stream.prependOnceListener('data', ([flag = 0]: Buffer) => {
    if (flag > 1) stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
  });
}
