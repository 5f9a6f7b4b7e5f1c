/** A server that is called on one connection at a time, which is made when it is needed and replaced when it is gone. */
import { type ClientConnection, openConnection } from '@sheaf/http2';
import { status } from '../status-codes.ts';
import type { Secure } from '../tls/remote-tls.ts';
import {
  type Call,
  type CallHandler,
  type CallOptions,
  type CallTarget,
  createCall,
  type PendingCall,
} from './call.ts';
import { ownStatus } from './call-status.ts';
import { openSocket } from './socket.ts';

export interface Channel {
  /** Calls wait for a connection that is being made, and end with UNAVAILABLE where the last one could not be made just now. */
  start(options: CallOptions, handler: CallHandler): Call;
  /** The next call goes on a new connection; those that are open are left where they are. */
  renew(): void;
  /** Calls that are open are answered. */
  close(): void;
}

export interface ChannelOptions {
  /** As `addressOf` takes it. */
  readonly target: string;
  /** Whom calls name; default the target. */
  readonly authority?: string | undefined;
  /** TLS; default none. */
  readonly secure?: Secure | undefined;
  /** How long an answer to a ping may take; pinged is every 5 s. Milliseconds. */
  readonly pongMaxMs: number;
}

/** From the first byte to the server's SETTINGS. */
const connectMaxMs = 20_000;
const pingEveryMs = 5_000;
/** After a connection that could not be made the next is not tried before; doubled from the first to the last. */
const backoffMinMs = 100;
const backoffMaxMs = 1_000;
const unreachable = () => ownStatus(status.UNAVAILABLE, 'the server cannot be reached');

/** One connection, from its first byte on. */
interface Line {
  connection: ClientConnection | undefined;
  /** Whether the server's SETTINGS have come. */
  isGreeted: boolean;
  /** Calls that are open on it are answered; one that is not there yet is given up. */
  leave(): void;
}

interface LineHandler {
  /** Calls may be opened, or more of them than before. */
  available(line: Line): void;
  /** No more calls may be opened on it. */
  over(line: Line): void;
}

function openLine({ target, secure, pongMaxMs }: ChannelOptions, handler: LineHandler): Line {
  const connecting = openSocket(target, secure);
  let stopPings = (): void => {};
  const line: Line = {
    connection: undefined,
    isGreeted: false,
    leave() {
      if (line.isGreeted) line.connection?.goAway();
      else giveUp();
    },
  };
  const giveUp = (): void => {
    connecting.abort();
    line.connection?.destroy();
  };
  const timer = setTimeout(giveUp, connectMaxMs);
  const over = (): void => {
    clearTimeout(timer);
    stopPings();
    handler.over(line);
  };
  connecting.socket.then((socket) => {
    const connection = openConnection(
      socket,
      // A request is as large as its caller made it, and waits while the server has no room for it: that does not tell of a server that is gone.
      { unsentBytesMax: Number.POSITIVE_INFINITY },
      {
        greeted() {
          clearTimeout(timer);
          line.isGreeted = true;
          stopPings = pingOften(connection, pongMaxMs);
          handler.available(line);
        },
        available: () => handler.available(line),
        goneAway: () => handler.over(line),
        close: over,
      },
    );
    line.connection = connection;
  }, over);
  return line;
}

/** A server that is gone without a word is missed within seconds. */
function pingOften(connection: ClientConnection, pongMaxMs: number): () => void {
  let isAsked = false;
  const ask = (): void => {
    if (isAsked) return;
    isAsked = true;
    const onTime = (): void => {
      if (isAsked) connection.destroy();
    };
    // After a time in which this process did nothing else timers come first: an answer may have come that is not read yet.
    const silent = setTimeout(() => setImmediate(onTime), pongMaxMs).unref();
    const answered = (): void => {
      isAsked = false;
      clearTimeout(silent);
    };
    connection.ping().then(answered, answered);
  };
  const timer = setInterval(ask, pingEveryMs).unref();
  return () => clearInterval(timer);
}

/** When a connection may be tried after those that could not be made. */
function createBackoff() {
  let waitMs = backoffMinMs;
  let notBefore = 0;
  return {
    isOver: () => performance.now() >= notBefore,
    succeeded: () => {
      waitMs = backoffMinMs;
    },
    failed: () => {
      notBefore = performance.now() + waitMs;
      waitMs = Math.min(2 * waitMs, backoffMaxMs);
    },
  };
}

interface Lines {
  /** That on which calls are opened, or will be when it is there. */
  readonly current: Line | undefined;
  connect(): void;
  /** Calls that are open are answered. */
  leaveCurrent(): void;
  leaveAll(): void;
}

/** The connections of a channel: the current one, and those on which calls are still open. `failed`: one could not be made. */
function createLines(
  options: ChannelOptions,
  on: { available(line: Line): void; failed(): void; gone(): void },
): Lines {
  const lines = new Set<Line>();
  let current: Line | undefined;
  return {
    get current() {
      return current;
    },
    connect() {
      current = openLine(options, {
        available: on.available,
        over(line) {
          if (line.connection?.isClosed !== false) lines.delete(line);
          if (line !== current) return;
          current = undefined;
          if (line.isGreeted) on.gone();
          else on.failed();
        },
      });
      lines.add(current);
    },
    leaveCurrent() {
      const line = current;
      current = undefined;
      line?.leave();
    },
    leaveAll() {
      current = undefined;
      for (const line of lines) line.leave();
    },
  };
}

export function createChannel(options: ChannelOptions): Channel {
  const { target, secure, authority = target } = options;
  const callTarget: CallTarget = { scheme: secure ? 'https' : 'http', authority };
  let waiting: PendingCall[] = [];
  const backoff = createBackoff();
  const failAll = (): void => {
    for (const pending of waiting.splice(0)) pending.fail(unreachable());
  };
  const connectForWaiting = (): void => {
    if (waiting.length > 0) lines.connect();
  };
  const lines = createLines(options, {
    /** Calls that wait go as far as the server allows. */
    available(line) {
      backoff.succeeded();
      waiting = waiting.filter((pending) => !pending.isOver());
      while (line === lines.current && line.connection?.canRequest) {
        const next = waiting.shift();
        if (!next) return;
        next.open(line.connection, callTarget);
      }
    },
    failed() {
      backoff.failed();
      failAll();
    },
    gone: connectForWaiting,
  });
  return {
    start(callOptions, handler) {
      const pending = createCall(callOptions, handler);
      const { current } = lines;
      if (current?.isGreeted && current.connection?.canRequest) pending.open(current.connection, callTarget);
      else if (current || backoff.isOver()) {
        waiting.push(pending);
        if (!current) lines.connect();
      } else queueMicrotask(() => pending.fail(unreachable()));
      return pending.call;
    },
    renew() {
      lines.leaveCurrent();
      connectForWaiting();
    },
    close() {
      // Nobody waits for a connection any more, so that none is made again.
      failAll();
      lines.leaveAll();
    },
  };
}
