/** A server that is called on one connection at a time, which is made when it is needed and replaced when it is gone. */
import { status } from '@grpc/grpc-js';
import { type ClientConnection, openConnection } from '@sheaf/http2';
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
      {},
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
    const silent = setTimeout(() => connection.destroy(), pongMaxMs).unref();
    const answered = (): void => {
      isAsked = false;
      clearTimeout(silent);
    };
    connection.ping().then(answered, answered);
  };
  const timer = setInterval(ask, pingEveryMs).unref();
  return () => clearInterval(timer);
}

export function createChannel(options: ChannelOptions): Channel {
  const { target, secure, authority = target } = options;
  const callTarget: CallTarget = { scheme: secure ? 'https' : 'http', authority };
  let waiting: PendingCall[] = [];
  let current: Line | undefined;
  const lines = new Set<Line>();
  let backoffMs = backoffMinMs;
  let notBefore = 0;

  const failAll = (): void => {
    for (const pending of waiting.splice(0)) pending.fail(unreachable());
  };

  /** Calls that wait go as far as the server allows. */
  function flush(line: Line): void {
    backoffMs = backoffMinMs;
    waiting = waiting.filter((pending) => !pending.isOver());
    while (line === current && line.connection?.canRequest) {
      const next = waiting.shift();
      if (!next) return;
      next.open(line.connection, callTarget);
    }
  }

  function connect(): void {
    const line = openLine(options, {
      available: flush,
      over(gone) {
        if (gone.connection?.isClosed !== false) lines.delete(gone);
        if (gone !== current) return;
        current = undefined;
        if (gone.isGreeted) {
          if (waiting.length > 0) connect();
          return;
        }
        notBefore = performance.now() + backoffMs;
        backoffMs = Math.min(2 * backoffMs, backoffMaxMs);
        failAll();
      },
    });
    current = line;
    lines.add(line);
  }

  return {
    start(callOptions, handler) {
      const pending = createCall(callOptions, handler);
      if (current?.isGreeted && current.connection?.canRequest) pending.open(current.connection, callTarget);
      else if (current || performance.now() >= notBefore) {
        waiting.push(pending);
        if (!current) connect();
      } else queueMicrotask(() => pending.fail(unreachable()));
      return pending.call;
    },
    renew() {
      const silent = current;
      current = undefined;
      silent?.leave();
      if (waiting.length > 0) connect();
    },
    close() {
      current = undefined;
      // Nobody waits for a connection any more, so that none is made again.
      failAll();
      for (const line of lines) line.leave();
    },
  };
}
