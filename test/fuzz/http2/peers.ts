/** The two that are compared, node:http2 and ours, as server and as client: each is fed the same chunks, and tells what it made of them. */
import http2, { type ClientHttp2Session, type ServerHttp2Session } from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';
import {
  acceptConnection,
  encodeHeaders,
  type Field,
  type HeaderList,
  openConnection,
  type StreamHandler,
} from '@sheaf/http2';
import { preface } from '../../../libs/http2/src/frame-types.ts';
import { decode, type Frame, types } from './frames.ts';

/** What was told of one stream. */
export interface StreamSeen {
  headers: string[] | undefined;
  data: Buffer[];
  trailers: string[] | undefined;
  isEnded: boolean;
}

/** What a peer made of what it was fed. */
export interface Observation {
  readonly streams: ReadonlyMap<number, StreamSeen>;
  /** By its RST_STREAM: codes by stream. */
  readonly resets: ReadonlyMap<number, number>;
  /** The code of a GOAWAY that ends the connection for an error; `gone` where it just ended; else undefined. */
  readonly end: number | 'gone' | undefined;
  /** Why ours says that it ended. */
  readonly why: string | undefined;
  /** Exceptions that are no answer. */
  readonly faults: readonly string[];
}

/** What both are told to allow, so that none is laxer by its settings. */
const windowBytes = 65_535;
const concurrentStreamsMax = 100;

/** Both work in memory, so that nothing happens any more after so many turns in which nothing was said. */
const quietTurns = 6;
const turnsMax = 400;

/** A client of Node asks a few turns after it was told to. */
const turnsBefore = 5;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function feed(socket: Duplex, chunks: readonly Buffer[]): Promise<Buffer> {
  const said: Buffer[] = [];
  let bytes = 0;
  let quiet = 0;
  socket.on('data', (chunk: Buffer) => {
    // Whoever wrote it uses its memory again.
    said.push(Buffer.from(chunk));
    bytes += chunk.length;
  });
  socket.on('error', () => {});
  for (let turns = 0; turns < turnsBefore; turns++) await turn();
  for (const chunk of chunks) {
    if (socket.writable) socket.write(chunk);
    await turn();
  }
  for (let turns = 0, seen = bytes; quiet < quietTurns && turns < turnsMax; turns++) {
    await turn();
    quiet = bytes === seen ? quiet + 1 : 0;
    seen = bytes;
  }
  return Buffer.concat(said);
}

class Watcher {
  readonly streams = new Map<number, StreamSeen>();
  readonly faults: string[] = [];
  why: string | undefined;

  stream(id: number): StreamSeen {
    const seen = this.streams.get(id) ?? { headers: undefined, data: [], trailers: undefined, isEnded: false };
    this.streams.set(id, seen);
    return seen;
  }

  /** From what it said: `isClosed` where its socket has ended. */
  finish(said: Buffer, isClosed: boolean): Observation {
    const frames = decode(said);
    const resets = new Map(
      frames.filter(({ type }) => type === types.RST_STREAM).map(({ id, payload }) => [id, payload.readUInt32BE(0)]),
    );
    const { streams, why, faults } = this;
    return { streams, resets, end: endOf(frames, isClosed), why, faults };
  }
}

function endOf(frames: readonly Frame[], isClosed: boolean): number | 'gone' | undefined {
  const codes = frames.filter(({ type }) => type === types.GOAWAY).map(({ payload }) => payload.readUInt32BE(4));
  const error = codes.find((code) => code !== 0);
  return error ?? (isClosed ? 'gone' : undefined);
}

const pairsOf = ({ fields }: HeaderList): string[] => fields.map(([name, value]) => `${name}: ${value}`);
const rawPairs = (raw: readonly string[]): string[] =>
  Array.from({ length: raw.length / 2 }, (_, at) => `${raw[2 * at]}: ${raw[2 * at + 1]}`);

const okFields: readonly Field[] = [[':status', '200']];
const okHeaders = encodeHeaders(okFields);

function follow(seen: StreamSeen, ended = (): void => {}): StreamHandler {
  return {
    data: (chunk) => void seen.data.push(Buffer.from(chunk)),
    end(trailers) {
      seen.isEnded = true;
      seen.trailers = trailers && pairsOf(trailers);
      ended();
    },
    close: () => {},
  };
}

export async function ourServer(chunks: readonly Buffer[]): Promise<Observation> {
  const [socket, peer] = duplexPair();
  const watcher = new Watcher();
  let isClosed = false;
  const connection = acceptConnection(
    peer,
    { concurrentStreamsMax, streamWindowBytes: windowBytes, connectionWindowBytes: windowBytes },
    {
      stream(stream) {
        const seen = watcher.stream(stream.id);
        seen.headers = pairsOf(stream.headers);
        return follow(seen, () => stream.respondOnly(okHeaders));
      },
      close(why) {
        isClosed = true;
        watcher.why = why;
      },
      failed: (error) => void watcher.faults.push(String(error)),
    },
  );
  const said = await feed(socket, chunks);
  const seen = watcher.finish(said, isClosed);
  connection.destroy();
  socket.destroy();
  return seen;
}

function watchSession(session: ClientHttp2Session | ServerHttp2Session, onClose: () => void): void {
  session.on('error', () => {});
  session.on('close', onClose);
}

export async function nodeServer(chunks: readonly Buffer[]): Promise<Observation> {
  const [socket, peer] = duplexPair();
  const watcher = new Watcher();
  let isClosed = false;
  const session = http2.performServerHandshake(peer, { settings: { maxConcurrentStreams: concurrentStreamsMax } });
  watchSession(session, () => {
    isClosed = true;
  });
  session.on('stream', (stream, _headers, _flags, raw: string[]) => {
    const seen = watcher.stream(stream.id ?? 0);
    seen.headers = rawPairs(raw);
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => seen.data.push(chunk));
    stream.on('trailers', (_trailers, _flags, rawTrailers: string[]) => {
      seen.trailers = rawPairs(rawTrailers);
    });
    stream.on('end', () => {
      // It also tells an end where a stream is reset.
      if (stream.aborted || stream.rstCode !== 0) return;
      seen.isEnded = true;
      if (!stream.destroyed) (stream as http2.ServerHttp2Stream).respond({ ':status': 200 }, { endStream: true });
    });
  });
  const said = await feed(socket, chunks);
  const seen = watcher.finish(said, isClosed || session.destroyed);
  session.destroy();
  socket.destroy();
  return seen;
}

/** What a client has asked before anything is said to it: on streams 1, 3 and 5. The last of them has said all. */
const asked = [1, 3, 5];
const request: readonly Field[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'there'],
  [':path', '/a'],
];

export async function ourClient(chunks: readonly Buffer[]): Promise<Observation> {
  const [socket, peer] = duplexPair();
  const watcher = new Watcher();
  let isClosed = false;
  const connection = openConnection(
    peer,
    { streamWindowBytes: windowBytes, connectionWindowBytes: windowBytes },
    {
      close(why) {
        isClosed = true;
        watcher.why = why;
      },
      failed: (error) => void watcher.faults.push(String(error)),
    },
  );
  for (const id of asked) {
    const seen = watcher.stream(id);
    connection.request(
      encodeHeaders(request),
      {
        ...follow(seen),
        headers(headers) {
          seen.headers = pairsOf(headers);
        },
      },
      id === 5,
    );
  }
  const said = await feed(socket, chunks);
  const seen = watcher.finish(said.subarray(preface.length), isClosed);
  connection.destroy();
  socket.destroy();
  return seen;
}

export async function nodeClient(chunks: readonly Buffer[]): Promise<Observation> {
  const [socket, peer] = duplexPair();
  const watcher = new Watcher();
  let isClosed = false;
  const session = http2.connect('http://there', { createConnection: () => peer, settings: { enablePush: false } });
  watchSession(session, () => {
    isClosed = true;
  });
  for (const id of asked) {
    const seen = watcher.stream(id);
    const stream = session.request(request.flat(), { endStream: id === 5 });
    stream.on('error', () => {});
    stream.on('response', (_headers, _flags, raw: string[]) => {
      seen.headers = rawPairs(raw);
    });
    stream.on('data', (chunk: Buffer) => seen.data.push(chunk));
    stream.on('trailers', (_trailers, _flags, raw: string[]) => {
      seen.trailers = rawPairs(raw);
    });
    stream.on('end', () => {
      if (!stream.aborted && stream.rstCode === 0) seen.isEnded = true;
    });
  }
  const said = await feed(socket, chunks);
  const seen = watcher.finish(said.subarray(preface.length), isClosed || session.destroyed);
  session.destroy();
  socket.destroy();
  return seen;
}
