/** Handlers that keep what they are told, for tests to wait for. */
import { openConnection } from '../client.ts';
import { encodeHeaders } from '../hpack/encoder.ts';
import type {
  ClientConnection,
  ClientStream,
  ErrorCode,
  Field,
  HeaderBlock,
  HeaderList,
  ResponseHandler,
  StreamEnd,
} from '../types.ts';

export const requestBlock = (path = '/a', more: readonly Field[] = []): HeaderBlock =>
  encodeHeaders([[':method', 'POST'], [':scheme', 'http'], [':path', path], [':authority', 'there'], ...more]);

/** What a response has brought. */
export interface Answer {
  readonly headers: HeaderList | undefined;
  readonly body: Buffer;
  readonly trailers: HeaderList | undefined;
  readonly end: StreamEnd;
}

export interface Asked {
  readonly stream: ClientStream;
  /** When the stream is closed. */
  readonly answer: Promise<Answer>;
  /** When its headers have come. */
  readonly headers: Promise<HeaderList>;
}

export function ask(connection: ClientConnection, block = requestBlock(), isLast = true): Asked {
  const answered = Promise.withResolvers<Answer>();
  const begun = Promise.withResolvers<HeaderList>();
  const chunks: Buffer[] = [];
  let [headers, trailers]: (HeaderList | undefined)[] = [];
  const handler: ResponseHandler = {
    headers(list) {
      headers = list;
      begun.resolve(list);
    },
    data: (chunk) => void chunks.push(chunk),
    end(list) {
      trailers = list;
    },
    close: (end) => answered.resolve({ headers, body: Buffer.concat(chunks), trailers, end }),
  };
  return { stream: connection.request(block, handler, isLast), answer: answered.promise, headers: begun.promise };
}

export interface Opened {
  readonly connection: ClientConnection;
  /** When the peer's SETTINGS have come. */
  readonly greeted: Promise<void>;
  /** Why the connection ended, when it has. */
  readonly closed: Promise<string | undefined>;
  readonly goneAway: Promise<readonly [code: ErrorCode, lastStream: number]>;
  /** Each time that `canRequest` may have become true. */
  onAvailable: () => void;
}

export function openTold(socket: Parameters<typeof openConnection>[0], options = {}): Opened {
  const greeted = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<string | undefined>();
  const goneAway = Promise.withResolvers<readonly [ErrorCode, number]>();
  const opened: Opened = {
    connection: openConnection(socket, options, {
      greeted: greeted.resolve,
      available: () => opened.onAvailable(),
      goneAway: (code, lastStream) => goneAway.resolve([code, lastStream]),
      close: closed.resolve,
    }),
    greeted: greeted.promise,
    closed: closed.promise,
    goneAway: goneAway.promise,
    onAvailable: () => {},
  };
  return opened;
}
