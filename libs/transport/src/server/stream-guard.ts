/** What grpc-js has no options for: how fast a caller may send, calls that are refused before it sees them, and those that are answered without it. */
import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type * as grpc from '@grpc/grpc-js';
import { asInferError, type Limits, type Principal } from '@sheaf/inference';
import { stepLimits } from '../step-limits.ts';
import { type KnowsSecret, wantsSecret } from './auth/mesh-secret.ts';
import { noRoom } from './bytes/byte-room.ts';
import type { BytesInFlight } from './bytes/bytes-in-flight.ts';
import { boundUnread, type Unread } from './bytes/unread.ts';
import { type CallFacts, type CallLog, openFacts } from './call-record.ts';
import { callerBlock } from './connections/caller-address.ts';
import { type ConnectionGuardOptions, guardConnections, type StreamAccount } from './connections/connection-guard.ts';
import { connectionLimits } from './connections/connection-ledger.ts';
import { createLongStreams } from './connections/long-streams.ts';
import { addHttp2Options, addHttp2Settings, http2ServersOf } from './http2-servers.ts';
import { isMalformed, lookAtMetadata, tooLongRefusal } from './metadata-refusal.ts';
import { ignoreError, lateRefusal, type Refusal, refuse } from './refusal.ts';
import { letGoOfStreams } from './session-streams.ts';

/** Bytes that a connection may send before it waits for us; those of each stream are fewer where there is little memory. */
const receiveWindowBytes = 8 * 1024 * 1024;

/**
 * Of a header list, 32 more for each entry: above the limit of metadata, so that what is too long gets an answer. nghttp2 itself takes 64 KiB of one
 * value and nine frames of 16 KiB for one list, and closes the connection at more.
 */
const headerListBytesMax = 256 * 1024;

/** Streams that last, for each connection that there may be: one watches, and few ask more than that. */
const longPerConnection = 2;

/** On whose behalf a call comes in, or why it does not. */
export type Passage = { readonly principal: Principal } | { readonly refusal: Refusal };

export interface Gate {
  authenticate(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, facts: CallFacts): Passage | Promise<Passage>;
  /** Of a call that is in and goes to grpc-js: lets its handler ask on whose behalf it is. */
  vouch(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, principal: Principal, facts: CallFacts): void;
  /** Of a stream that lasts: ends it when its caller may not come in any more. */
  askAgain(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, facts: CallFacts): void;
}

/** Before the server listens. */
export function prepareStreams(server: grpc.Server): void {
  addHttp2Settings(server, { maxHeaderListSize: headerListBytesMax });
  // Else a value with white space around it is dropped, and the call goes on as if nobody had sent it: see `isMalformed`.
  addHttp2Options(server, { strictFieldWhitespaceValidation: false });
}

/** A call that has come in, on its bare stream. */
export interface BareCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Undefined: nobody was asked who they are. */
  readonly principal: Principal | undefined;
  /** Of whoever serves it: what its stream brings is to be told here. */
  readonly account: StreamAccount;
  /** To be filled with what becomes known of it. */
  readonly facts: CallFacts;
}

export type ServeStream = (call: BareCall) => void;

export interface StreamsOptions extends ConnectionGuardOptions {
  readonly bytes: BytesInFlight;
  readonly gate: Gate | undefined;
  /** Asked before all else of a call is looked at. Undefined: nobody needs to know one. */
  readonly knowsSecret: KnowsSecret | undefined;
  /** Whether there is a method of this path. Whoever asks for another one is told so without a look at who they are: balancers probe with any path. */
  readonly isMethod: (path: string) => boolean;
  /** Whether a stream of this path lasts as long as its caller likes. */
  readonly isLong: (path: string) => boolean;
  /** By the path of their method: calls that grpc-js does not see. Each sees for itself that what never comes is not waited for. */
  readonly own: ReadonlyMap<string, ServeStream>;
  /** StatusHints of each call when it has ended. */
  readonly calls?: CallLog | undefined;
}

/** Once it listens. */
export function guardStreams(server: grpc.Server, options: StreamsOptions): void {
  const { limits, bytes: inFlight, gate, knowsSecret, isMethod, isLong, own, calls } = options;
  const guard = guardConnections(server, options);
  const { connectionsMax = connectionLimits.connectionsMax } = options.connections;
  const longStreams = createLongStreams(longPerConnection * connectionsMax);
  const unread = boundUnread(inFlight.unreadBytesMax);
  for (const http2Server of http2ServersOf(server)) {
    http2Server.on('session', (session) => {
      if (session.destroyed) return;
      letGoOfStreams(session);
      raiseReceiveWindow(session, inFlight.windowBytes);
    });
    const handlers = http2Server.listeners('stream');
    http2Server.removeAllListeners('stream');
    http2Server.on('stream', (stream: ServerHttp2Stream, headers, _flags, list: readonly string[]) => {
      // It was reset, or lost its connection, in the same packet that it came in.
      if (!stream.session || stream.destroyed || stream.closed) {
        stream.on('error', ignoreError);
        return;
      }
      const account = guard.enter(stream);
      if (isMalformed(list)) {
        stream.on('error', ignoreError).close(constants.NGHTTP2_PROTOCOL_ERROR);
        return;
      }
      const path = String(headers[':path']);
      // Before the gate strips what a proxy wrote.
      const facts = openFacts(stream, headers, calls);
      const turnAway = (refusal: Refusal | HttpRefusal): void => {
        account.count();
        if ('error' in refusal) facts.reason = asInferError(refusal.error).reason;
        if ('httpStatus' in refusal) refuseHttp(stream, refusal);
        else refuse(stream, refusal);
      };
      const { bytes, malformed } = lookAtMetadata(headers);
      const enter = (principal?: Principal): void => {
        // Of what is wrong with a call, the length of its metadata comes last: a credential that is too long is a bad credential.
        if (bytes > limits.metadataBytesMax) {
          turnAway({ error: tooLongRefusal(bytes, limits) });
          return;
        }
        const block = isLong(path) ? callerBlock(stream.session as ServerHttp2Session, headers) : undefined;
        const tooMany = isLong(path) ? longStreams.enter(stream, block) : undefined;
        if (tooMany) {
          turnAway({ error: tooMany });
          return;
        }
        if (isMethod(path)) account.letIn(isLong(path));
        const serve = own.get(path);
        if (serve) {
          serve({ stream, headers, principal, account, facts });
          return;
        }
        if (principal) {
          gate?.vouch(stream, headers, principal, facts);
          if (isLong(path)) gate?.askAgain(stream, headers, facts);
        }
        if (path.startsWith(healthPath)) takeNothingAsEmpty(stream);
        for (const handle of handlers) Reflect.apply(handle, http2Server, [stream, headers]);
        resetOnWrongFlag(stream);
        if (unaryPaths.some((prefix) => path.startsWith(prefix))) countMessage(stream, inFlight);
        endWhenLate(stream, headers, limits, account);
        account.count();
      };
      const pass = (passage: Passage): void => {
        if ('refusal' in passage) turnAway(passage.refusal);
        else enter(passage.principal);
      };
      if (headers[':method'] !== 'POST') return turnAway({ httpStatus: 405 });
      if (!headers['content-type']?.startsWith('application/grpc')) return turnAway({ httpStatus: 415 });
      if (knowsSecret && !knowsSecret(stream, headers)) return turnAway({ error: wantsSecret });
      if (malformed) return turnAway({ error: malformed });
      if (!gate || !isMethod(path)) return enter();
      const passage = gate.authenticate(stream, headers, facts);
      if (passage instanceof Promise) void passLater(stream, passage, pass, unread);
      else pass(passage);
    });
  }
}

/** What the caller sends meanwhile waits in its stream, which nobody reads yet. */
async function passLater(
  stream: ServerHttp2Stream,
  passage: Promise<Passage>,
  pass: (passage: Passage) => void,
  unread: Unread,
): Promise<void> {
  stream.on('error', ignoreError);
  const { promise: dropped, resolve: drop } = Promise.withResolvers<Passage>();
  unread.enter(stream, () => drop({ refusal: { error: noRoom() } }));
  const told = await Promise.race([passage, dropped]);
  unread.leave(stream);
  if (stream.destroyed || stream.closed) return;
  stream.off('error', ignoreError);
  pass(told);
}

/** There is no option for it on a server (grpc-node#3058); without it an upload moves 64 KiB per round trip. */
function raiseReceiveWindow(session: ServerHttp2Session, streamBytes: number): void {
  session.setLocalWindowSize(receiveWindowBytes);
  session.settings({ initialWindowSize: streamBytes });
}

/** For what is no gRPC call at all. */
interface HttpRefusal {
  readonly httpStatus: number;
}

function refuseHttp(stream: ServerHttp2Stream, { httpStatus }: HttpRefusal): void {
  stream.on('error', ignoreError);
  stream.respond({ ':status': httpStatus }, { endStream: true });
  stream.resume();
}

const healthPath = '/grpc.health.';

/** What an empty message looks like on the wire: a flag and a length. */
const emptyMessage = Buffer.alloc(5);

/** Balancers ask for health with no message at all, which grpc-js refuses; it is as good as one that says nothing. */
function takeNothingAsEmpty(stream: ServerHttp2Stream): void {
  let came = false;
  stream.once('data', () => (came = true));
  // Comes before grpc-js hears of the end.
  stream.once('end', () => came || stream.emit('data', emptyMessage));
}

/** Of a message of a small method, what is never counted: who only asks whether the server is there is answered, whatever the others send. */
const uncountedBytes = 1024;

/**
 * Counts the messages of small methods, which grpc-js gathers; nobody waits for room for them, and they never have that of large ones. grpc-js has the
 * stream: an answer of ours could meet one of its own.
 */
function countMessage(stream: ServerHttp2Stream, inFlight: BytesInFlight): void {
  const hold = inFlight.open(inFlight.shareOfConnection(stream.session as object));
  let arrived = 0;
  let counted = 0;
  let stopWatching: (() => void) | undefined;
  const refuse = (): void => {
    stopWatching?.();
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };
  stream.on('data', ({ length }: Buffer) => {
    arrived += length;
    // What is more is refused by grpc-js, and not kept.
    const more = Math.min(arrived, stepLimits.smallMessageBytesMax) - uncountedBytes - counted;
    if (more <= 0) return;
    counted += more;
    if (!hold.takeSmall(more)) refuse();
    else stopWatching ??= hold.watch(0, { arrived: () => arrived, refuse });
  });
  stream.once('end', () => stopWatching?.());
  stream.once('close', () => {
    stopWatching?.();
    hold.release();
  });
}

/** Methods that take one message, which has to be complete in time; of the others (mesh, reflection) the first byte has to be there. */
const unaryPaths = ['/inference.', healthPath, '/sheaf.admin.'];

/** What never comes must not be waited for. A connection that has nothing else goes as well. */
function endWhenLate(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  limits: Limits,
  account: StreamAccount,
): void {
  const path = String(headers[':path']);
  const timer = setTimeout(() => {
    refuse(stream, { error: lateRefusal(limits) });
    account.giveUp();
    stream.close();
  }, limits.requestArrivalMaxMs);
  const settle = (): void => clearTimeout(timer);
  const arrival = unaryPaths.some((prefix) => path.startsWith(prefix)) ? 'end' : 'data';
  stream.once(arrival, settle).once('close', settle);
}

/** A message begins with 0, or with 1 when it is compressed; grpc-js takes anything else for 0. Its own listener comes after this one. */
function resetOnWrongFlag(stream: ServerHttp2Stream): void {
  stream.prependOnceListener('data', ([flag = 0]: Buffer) => {
    if (flag > 1) stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
  });
}
