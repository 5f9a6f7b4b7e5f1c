/** What real peers say, recorded: the material that is damaged. */
import http2 from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';
import { acceptConnection, encodeHeaders, type Field, openConnection } from '@sheaf/http2';
import { preface } from '../../../libs/http2/src/frame-types.ts';
import { pick, type Random } from '../random-message.ts';
import { decode, type Frame } from './frames.ts';

/** The frames of a client, without its preface, and those of a server that answers three calls. */
export interface Conversation {
  readonly name: string;
  readonly frames: readonly Frame[];
}

const bodies = (random: Random): Buffer[] =>
  [1, 2, 3].map(() => Buffer.alloc(random(4) === 0 ? 20_000 : random(40), 'x'));

const fieldsFor = (random: Random): Field[] => [
  ['te', 'trailers'],
  ['content-type', 'application/grpc'],
  ['x-many', 'y'.repeat(random(60))],
  ...(random(2) === 0 ? [['x-one', String(random(5))] as const] : []),
];

/** All that goes from `from` to `to`, until nothing does any more. */
async function record(from: Duplex, to: Duplex, work: () => void): Promise<Buffer> {
  const said: Buffer[] = [];
  from.on('data', (chunk: Buffer) => {
    // Whoever wrote it uses its memory again.
    said.push(Buffer.from(chunk));
    to.write(Buffer.from(chunk));
  });
  to.on('data', (chunk: Buffer) => from.write(Buffer.from(chunk)));
  work();
  for (let turn = 0; turn < 60; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  return Buffer.concat(said);
}

/** A client, and a server on the other end; what `from` says is recorded. */
async function talk(
  name: string,
  client: 'node' | 'ours',
  server: 'node' | 'ours',
  says: 'client' | 'server',
  random: Random,
): Promise<Conversation> {
  const [clientEnd, fromClient] = duplexPair();
  const [serverEnd, fromServer] = duplexPair();
  const endings: (() => void)[] = [];
  const work = (): void => {
    endings.push(server === 'node' ? nodeAnswers(serverEnd) : ourAnswers(serverEnd));
    endings.push(client === 'node' ? nodeAsks(clientEnd, random) : ourAsks(clientEnd, random));
  };
  const [from, to] = says === 'client' ? [fromClient, fromServer] : [fromServer, fromClient];
  const said = await record(from, to, work);
  for (const end of endings) end();
  return { name, frames: decode(says === 'client' ? said.subarray(preface.length) : said) };
}

function nodeAnswers(socket: Duplex): () => void {
  const session = http2.performServerHandshake(socket);
  session.on('error', () => {});
  session.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-many': 'z' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });
  return () => session.destroy();
}

function ourAnswers(socket: Duplex): () => void {
  const connection = acceptConnection(
    socket,
    {},
    {
      stream(stream) {
        stream.respond(
          encodeHeaders([
            [':status', '200'],
            ['content-type', 'application/grpc'],
          ]),
        );
        return {
          data: (chunk) => stream.write(chunk),
          end: () =>
            stream.end(
              encodeHeaders([
                ['grpc-status', '0'],
                ['grpc-message', 'fine'],
              ]),
            ),
          close: () => {},
        };
      },
      close: () => {},
    },
  );
  return () => connection.destroy();
}

function nodeAsks(socket: Duplex, random: Random): () => void {
  const session = http2.connect('http://there', { createConnection: () => socket });
  session.on('error', () => {});
  for (const body of bodies(random)) {
    const stream = session.request([':method', 'POST', ':path', '/a', ...fieldsFor(random).flat()]);
    stream.on('error', () => {});
    stream.resume();
    stream.end(body);
  }
  return () => session.destroy();
}

function ourAsks(socket: Duplex, random: Random): () => void {
  const connection = openConnection(socket, {}, { close: () => {} });
  for (const body of bodies(random)) {
    const head: Field[] = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', '/a'],
      [':authority', 'there'],
    ];
    const block = encodeHeaders([...head, ...fieldsFor(random)]);
    const ignore = { headers: () => {}, data: () => {}, end: () => {}, close: () => {} };
    const stream = connection.request(block, ignore);
    stream.write(body);
    if (random(2) === 0) stream.end();
    else stream.end(encodeHeaders([['x-last', '1']]));
  }
  return () => connection.destroy();
}

/** What clients say. */
export const clientConversations = (random: Random): Promise<Conversation[]> =>
  Promise.all([
    talk('a client of Node', 'node', pick(random, ['node', 'ours']), 'client', random),
    talk('our client', 'ours', 'node', 'client', random),
  ]);

/** What servers answer. */
export const serverConversations = (random: Random): Promise<Conversation[]> =>
  Promise.all([
    talk('a server of Node', pick(random, ['node', 'ours']), 'node', 'server', random),
    talk('our server', 'node', 'ours', 'server', random),
  ]);
