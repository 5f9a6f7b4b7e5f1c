/** Closes connections that cost more than they are for: floods of frames, callers that do not read, crowds that only stay. */
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type * as grpc from '@grpc/grpc-js';
import { type Limits, monotonicClock } from '@sheaf/inference';
import { InFlight } from '../../in-flight.ts';
import { http2ServersOf } from '../http2-servers.ts';
import { type Arrival, arrivalOf, type ConnectionPolicy, guardArrivals } from './arrivals.ts';
import { ConnectionLedger, connectionLimits, type Traffic } from './connection-ledger.ts';
import type { ConnectionRegistry } from './connection-registry.ts';

/** How often each connection is judged. */
const judgeIntervalMs = 100;

/** The last stream of a connection that may still get one. */
const streamIdMax = 2 ** 31 - 1;

/** One call's share in the account of its connection. */
export interface StreamAccount {
  /** Counts what the stream brings as a message. Its data flows from the next turn on. */
  count(): void;
  /** Counts so many bytes of a message, where whoever reads the stream tells of each chunk. */
  add(bytes: number): void;
  /** Its request never came: a connection that has nothing else soon goes as well. */
  giveUp(): void;
  /** It is a call that was let in: its connection has work for as long as the stream is open, or a reason to stay, where it may last as its caller likes. */
  letIn(isLong: boolean): void;
}

export interface ConnectionGuard {
  /** To be called of every stream, when it comes. */
  enter(stream: ServerHttp2Stream): StreamAccount;
}

export interface ConnectionGuardOptions {
  /** Of the server, in the log. */
  readonly name: string;
  readonly limits: Limits;
  readonly connections: ConnectionPolicy;
}

/** Once the server listens; ends with it. */
export function guardConnections(server: grpc.Server, options: ConnectionGuardOptions): ConnectionGuard {
  const { name, limits } = options;
  const connections = new Map<ServerHttp2Session, Connection>();
  const registry = guardArrivals(server, name, options.connections);
  const open = (session: ServerHttp2Session): Connection => {
    const known = connections.get(session);
    if (known) return known;
    const connection = new Connection(session, limits, registry, options.connections.connectionAgeMaxMs);
    // One that is over already closes for nobody.
    if (session.destroyed) return connection;
    connections.set(session, connection);
    session.once('close', () => connections.delete(session));
    return connection;
  };
  const timer = setInterval(() => {
    const now = monotonicClock.now();
    for (const connection of connections.values()) connection.judge(now);
    registry.judge(now);
  }, judgeIntervalMs).unref();
  for (const http2Server of http2ServersOf(server)) {
    http2Server.on('session', open);
    http2Server.once('close', () => clearInterval(timer));
  }
  return { enter: (stream) => open(stream.session as ServerHttp2Session).enter(stream) };
}

class Connection {
  readonly #session: ServerHttp2Session;
  readonly #socket: Pick<Socket, 'bytesRead' | 'bytesWritten'> | undefined;
  readonly #ledger: ConnectionLedger;
  readonly #limits: Limits;
  readonly #registry: ConnectionRegistry;
  readonly #arrival: Arrival | undefined;
  readonly #streams = new InFlight<ServerHttp2Stream>();
  /** Calls that have been answered and go on sending, by when that was seen; mostly none. */
  readonly #answered = new InFlight<number>();
  /** No new calls from then on. */
  readonly #agedAt: number;
  #isAged = false;
  /** Streams that were let in. */
  readonly #letInNow = { long: 0, short: 0 };

  constructor(session: ServerHttp2Session, limits: Limits, registry: ConnectionRegistry, ageMaxMs = 0) {
    this.#session = session;
    // A session that is over has no socket.
    this.#socket = session.socket;
    this.#limits = limits;
    const now = monotonicClock.now();
    this.#ledger = new ConnectionLedger(limits.requestArrivalMaxMs, now, limits.messageBytesMax);
    this.#registry = registry;
    this.#arrival = arrivalOf(session);
    // Not all at once that came at once.
    this.#agedAt = now + (ageMaxMs || Number.POSITIVE_INFINITY) * (0.9 + 0.2 * Math.random());
    session.on('remoteSettings', () => {
      if (this.#ledger.addSettings(monotonicClock.now())) this.#close();
    });
    session.on('ping', () => {
      if (this.#ledger.addPing(monotonicClock.now())) this.#close();
    });
  }

  enter(stream: ServerHttp2Stream): StreamAccount {
    this.#ledger.addCall(this.#limits.metadataBytesMax, monotonicClock.now());
    // One that was reset as it came may have closed already, and tells nobody again.
    if (!stream.destroyed) this.#hold(stream);
    return {
      count: () => void stream.on('data', ({ length }: Buffer) => this.#ledger.addMessage(length)),
      add: (bytes) => this.#ledger.addMessage(bytes),
      giveUp: () => this.#arrival?.idle.giveUp(),
      letIn: (isLong) => this.#letIn(stream, isLong ? 'long' : 'short'),
    };
  }

  judge(now: number): void {
    if (this.#session.destroyed) return;
    if (this.#ledger.judge(this.#traffic(now), now)) this.#close();
    else if (now >= this.#agedAt) this.#age(now - this.#agedAt);
  }

  /** As gRPC servers do: it is said first that the connection ends, and calls that were on their way come in. */
  #age(sinceMs: number): void {
    const { lingerMaxMs } = connectionLimits;
    const { requestArrivalMaxMs, deadlineMaxMs } = this.#limits;
    // Streams without an end, such as watches, end here. The deadline of a call begins when its request is there.
    if (sinceMs >= lingerMaxMs + requestArrivalMaxMs + deadlineMaxMs) this.#session.destroy();
    else if (sinceMs >= lingerMaxMs) this.#session.close();
    else if (!this.#isAged) this.#session.goaway(constants.NGHTTP2_NO_ERROR, streamIdMax);
    this.#isAged = true;
  }

  #hold(stream: ServerHttp2Stream): void {
    const arrival = this.#arrival;
    arrival?.idle.stop();
    const id = stream.id as number;
    this.#streams.set(id, stream);
    stream.on('close', () => {
      this.#streams.delete(id);
      if (this.#streams.size > 0 || !arrival) return;
      arrival.idle.start(monotonicClock.now());
    });
  }

  #letIn(stream: ServerHttp2Stream, kind: 'long' | 'short'): void {
    if (stream.destroyed) return;
    this.#letInNow[kind]++;
    this.#stand();
    stream.once('close', () => {
      this.#letInNow[kind]--;
      // One that has been told to go does not become idle again.
      if (!this.#session.closed) this.#stand();
    });
  }

  #stand(): void {
    const { long, short } = this.#letInNow;
    if (this.#arrival) this.#registry.stand(this.#arrival, short > 0 ? 'working' : long > 0 ? 'staying' : 'idle');
  }

  #traffic(now: number): Traffic {
    let unsent = 0;
    let unread = 0;
    this.#streams.forEach((stream, id) => {
      unsent += stream.writableLength;
      unread += stream.readableLength;
      if (stream.writableFinished && !stream.readableEnded) this.#endAnswered(stream, id, now);
    });
    return { read: this.#socket?.bytesRead ?? 0, unread, written: this.#socket?.bytesWritten ?? 0, unsent };
  }

  /** What has its answer and still holds its stream open is reset after a moment, as gRPC servers do; a caller that sends has read the answer by then. */
  #endAnswered(stream: ServerHttp2Stream, id: number, now: number): void {
    const since = this.#answered.get(id);
    if (since === undefined) {
      this.#answered.set(id, now);
      stream.once('close', () => this.#answered.delete(id));
    } else if (now - since >= connectionLimits.answeredMaxMs) {
      this.#arrival?.idle.giveUp();
      stream.close(constants.NGHTTP2_NO_ERROR);
    }
  }

  /** With a GOAWAY that says why; null, since nothing went wrong here. */
  #close(): void {
    if (!this.#session.destroyed) this.#session.destroy(null as unknown as Error, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
