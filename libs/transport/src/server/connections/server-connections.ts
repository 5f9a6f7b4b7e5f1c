/** All connections of a server: it listens, and each socket that may come in speaks TLS, where that is wanted, and HTTP/2. */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { acceptConnection, type ConnectionOptions } from '@sheaf/http2';
import { type Limits, log, monotonicClock } from '@sheaf/inference';
import { openServerTls } from '../../tls/server-tls.ts';
import type { TlsFiles } from '../../tls/tls.ts';
import type { BytesInFlight } from '../bytes/bytes-in-flight.ts';
import type { Dispatch } from '../dispatcher.ts';
import { type Listener, listen } from '../listen.ts';
import { type Arrivals, type ConnectionPolicy, createArrivals } from './arrivals.ts';
import type { Connection, ConnectionTimes } from './connection.ts';
import { connectionLimits } from './connection-limits.ts';

export interface ServerConnections {
  readonly port: number;
  /** Those that are open and speak HTTP/2. */
  readonly count: number;
  /** Resolves after this time, or when nobody is connected. */
  noneWithin(ms: number): Promise<void>;
  /** Takes no new ones, and tells those that are open to go; resolves when they are gone. */
  goAway(): Promise<void>;
  /** Ends all of them at once. */
  cut(): void;
}

export interface ServerConnectionsOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly limits: Limits;
  readonly policy: ConnectionPolicy;
  readonly bytes: BytesInFlight;
  readonly tls?: TlsFiles | undefined;
}

/** How often it is looked whether somebody has been waited for too long. */
const judgeIntervalMs = 100;

export async function openConnections(
  options: ServerConnectionsOptions,
  dispatch: Dispatch,
): Promise<ServerConnections> {
  const { name, limits, policy, bytes } = options;
  const tls = options.tls && openServerTls(name, options.tls);
  const open = new OpenConnections();
  const serve = (connection: Connection, socket: Duplex, secure?: TLSSocket): void => {
    const handler = {
      stream: (stream: Parameters<Dispatch>[0]) => dispatch(stream, connection),
      greeted: () => connection.idle.greet(monotonicClock.now()),
      close: () => open.delete(connection),
      failed: (error: unknown) =>
        log('call.failed-inside', `${name}: a call has failed inside`, { server: name }, error),
    };
    open.add(connection);
    connection.speak(acceptConnection(socket, optionsOf(limits, bytes), handler), secure);
  };
  const arrivals: Arrivals = createArrivals({
    name,
    policy,
    times: timesOf(limits, policy),
    pass: (connection) => {
      const { socket, address } = connection;
      if (!tls) serve(connection, socket);
      else tls.begin({ socket, address, done: (secure) => serve(connection, secure, secure) });
    },
  });
  const timer = setInterval(() => arrivals.registry.judge(monotonicClock.now()), judgeIntervalMs).unref();
  const end = (): void => {
    clearInterval(timer);
    tls?.close();
  };
  const listener: Listener = await listen(options, arrivals.accept).catch((error: unknown) => {
    end();
    throw error;
  });
  return {
    port: listener.port,
    get count() {
      return open.size;
    },
    noneWithin: (ms) => open.noneWithin(ms),
    goAway: async () => {
      listener.close();
      for (const connection of arrivals.registry.members()) connection.close();
      await open.none();
      end();
    },
    cut: () => {
      listener.close();
      for (const connection of arrivals.registry.members()) connection.cut();
      end();
    },
  };
}

const optionsOf = (limits: Limits, { windowBytes, unreadBytesMax }: BytesInFlight): ConnectionOptions => ({
  concurrentStreamsMax: limits.concurrentStreamsMax,
  streamWindowBytes: windowBytes,
  // As many streams as may wait for room in the whole process: however many one caller has wait, others on its connection are heard.
  heldBytesMax: unreadBytesMax,
  stallMaxMs: limits.requestArrivalMaxMs,
  // One answer of the largest size may wait.
  unsentBytesMax: Math.max(unsentBytesMax, limits.messageBytesMax),
});

/** Bytes of answers that wait for their caller, while it takes next to nothing. */
const unsentBytesMax = 32 * 1024 * 1024;

const timesOf = (limits: Limits, { connectionAgeMaxMs = 0 }: ConnectionPolicy): ConnectionTimes => ({
  arrivalMaxMs: limits.requestArrivalMaxMs,
  deadlineMaxMs: limits.deadlineMaxMs,
  answeredMaxMs: connectionLimits.answeredMaxMs,
  ageMaxMs: connectionAgeMaxMs,
});

/** Connections that speak HTTP/2. */
class OpenConnections {
  readonly #open = new Set<Connection>();
  readonly #onNone: (() => void)[] = [];

  get size(): number {
    return this.#open.size;
  }

  add(connection: Connection): void {
    this.#open.add(connection);
  }

  delete(connection: Connection): void {
    this.#open.delete(connection);
    if (this.#open.size === 0) for (const tell of this.#onNone.splice(0)) tell();
  }

  none(): Promise<void> {
    return this.#open.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#onNone.push(resolve));
  }

  noneWithin(ms: number): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onNone.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
