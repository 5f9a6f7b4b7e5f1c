/** Closes connections that cost more than they are for: floods of frames, callers that do not read, crowds that only stay. */
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type * as grpc from '@grpc/grpc-js';
import { type Limits, monotonicClock } from '@sheaf/inference';
import { ConnectionLedger, connectionLimits, IdleWatch, type Traffic } from './connection-ledger.ts';
import { http2ServersOf } from './http2-servers.ts';
import { InFlight } from './in-flight.ts';

/** How often each connection is judged. */
const judgeIntervalMs = 100;

/** One call's share in the account of its connection. */
export interface StreamAccount {
  /** Counts what the stream brings as a message. Its data flows from the next turn on. */
  count(): void;
  /** Counts so many bytes of a message, where whoever reads the stream tells of each chunk. */
  add(bytes: number): void;
  /** Its request never came: a connection that has nothing else soon goes as well. */
  giveUp(): void;
}

export interface ConnectionGuard {
  /** To be called of every stream, when it comes. */
  enter(stream: ServerHttp2Stream): StreamAccount;
}

/** Once the server listens; ends with it. */
export function guardConnections(server: grpc.Server, limits: Limits): ConnectionGuard {
  const connections = new Map<ServerHttp2Session, Connection>();
  const crowds = new Crowds();
  const open = (session: ServerHttp2Session): Connection => {
    const known = connections.get(session);
    if (known) return known;
    const connection = new Connection(session, limits, crowds);
    // One that is over already closes for nobody.
    if (session.destroyed) return connection;
    connections.set(session, connection);
    session.once('close', () => {
      connections.delete(session);
      connection.leave();
    });
    return connection;
  };
  const timer = setInterval(() => {
    const now = monotonicClock.now();
    for (const connection of connections.values()) connection.judge(now);
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
  readonly #headerBytes: number;
  readonly #crowds: Crowds;
  readonly #address: string;
  readonly #streams = new InFlight<ServerHttp2Stream>();
  readonly #idle = new IdleWatch(monotonicClock.now());

  constructor(session: ServerHttp2Session, limits: Limits, crowds: Crowds) {
    this.#session = session;
    // A session that is over has no socket.
    this.#socket = session.socket;
    this.#address = session.socket?.remoteAddress ?? '';
    this.#headerBytes = limits.metadataBytesMax;
    this.#ledger = new ConnectionLedger(limits.requestArrivalMaxMs, monotonicClock.now(), limits.messageBytesMax);
    this.#crowds = crowds;
    crowds.stay(this.#address, session);
    session.on('remoteSettings', () => {
      if (this.#ledger.addSettings(monotonicClock.now())) this.#close();
    });
    session.on('ping', () => {
      if (this.#ledger.addPing(monotonicClock.now())) this.#close();
    });
  }

  enter(stream: ServerHttp2Stream): StreamAccount {
    this.#ledger.addCall(this.#headerBytes, monotonicClock.now());
    // One that was reset as it came may have closed already, and tells nobody again.
    if (!stream.destroyed) this.#hold(stream);
    return {
      count: () => void stream.on('data', ({ length }: Buffer) => this.#ledger.addMessage(length)),
      add: (bytes) => this.#ledger.addMessage(bytes),
      giveUp: () => this.#idle.giveUp(),
    };
  }

  judge(now: number): void {
    if (this.#session.destroyed) return;
    if (this.#ledger.judge(this.#traffic(), now)) this.#close();
    else if (this.#idle.isOver(now)) this.#session.close();
  }

  #hold(stream: ServerHttp2Stream): void {
    if (this.#streams.size === 0) this.#crowds.leave(this.#address, this.#session);
    const id = stream.id as number;
    this.#streams.set(id, stream);
    this.#idle.stop();
    stream.on('close', () => {
      this.#streams.delete(id);
      if (this.#streams.size > 0) return;
      this.#idle.start(monotonicClock.now());
      if (!this.#session.closed) this.#crowds.stay(this.#address, this.#session);
    });
  }

  leave(): void {
    this.#crowds.leave(this.#address, this.#session);
  }

  #traffic(): Traffic {
    let unsent = 0;
    this.#streams.forEach((stream) => {
      unsent += stream.writableLength;
    });
    return { read: this.#socket?.bytesRead ?? 0, written: this.#socket?.bytesWritten ?? 0, unsent };
  }

  /** With a GOAWAY that says why; null, since nothing went wrong here. */
  #close(): void {
    if (!this.#session.destroyed) this.#session.destroy(null as unknown as Error, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

/** The connections without a call, by the address that they come from, the longest-standing first. */
class Crowds {
  readonly #sessions = new Map<string, Set<ServerHttp2Session>>();

  stay(address: string, session: ServerHttp2Session): void {
    const crowd = this.#sessions.get(address) ?? new Set();
    this.#sessions.set(address, crowd);
    crowd.add(session);
    if (crowd.size <= connectionLimits.idleConnectionsMax) return;
    const [first] = crowd;
    if (!first) return;
    this.leave(address, first);
    // A caller that meant to use it is told so, and opens another.
    first.close();
  }

  leave(address: string, session: ServerHttp2Session): void {
    const crowd = this.#sessions.get(address);
    crowd?.delete(session);
    if (crowd?.size === 0) this.#sessions.delete(address);
  }
}
