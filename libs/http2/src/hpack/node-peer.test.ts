import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Field } from '../types.ts';
import { createHeaderDecoder } from './decoder.ts';
import { encodeHeaders } from './encoder.ts';

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const settings = 4;
const headers = 1;
const continuation = 9;
const endStream = 1;
const endHeaders = 4;

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The header blocks in what a peer sends, each when it is whole. Node neither pads them nor, unless it is asked to, sends a priority. */
async function* headerBlocks(socket: Duplex, skip: number): AsyncGenerator<Buffer> {
  let unread = Buffer.alloc(0);
  let skipped = skip;
  let block: Buffer[] = [];
  for await (const chunk of socket) {
    unread = Buffer.concat([unread, chunk]);
    if (skipped > 0 && unread.length >= skipped) {
      unread = unread.subarray(skipped);
      skipped = 0;
    }
    while (skipped === 0 && unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
      const end = 9 + unread.readUIntBE(0, 3);
      const [type, flags] = [unread[3], unread[4] ?? 0];
      if (type === headers || type === continuation) block.push(unread.subarray(9, end));
      if (block.length > 0 && flags & endHeaders) {
        yield Buffer.concat(block);
        block = [];
      }
      unread = unread.subarray(end);
    }
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789-_.';
const name = fc
  .tuple(
    fc.constantFrom('x-', 'grpc-', 'accept-'),
    fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 12 }),
  )
  .map(([start, rest]) => start + rest);
/** ASCII: what Node does with other letters is its own. */
const value = fc.string({ unit: fc.constantFrom(...letters, ...letters.toUpperCase(), ...'!,;=/+:~'), maxLength: 60 });
const list = fc.array(fc.tuple(name, value), { maxLength: 30 });
/** Some of the lists again, so that Node finds their fields in its table. */
const lists = fc.sample(list, { numRuns: 300, seed: 7 }).flatMap((one, at, all) => [one, all[at >> 1] ?? one]);

const pseudo: readonly Field[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/a/b'],
  [':authority', 'there'],
];

describe('HPACK against the encoder and the decoder of Node', () => {
  it('reads what Node writes', async () => {
    const [ours, theirs] = duplexPair();
    const client = http2.connect('http://there', { createConnection: () => theirs });
    // The reset below and the end of the pair are no faults.
    client.on('error', () => {});
    ours.write(frame(settings, 0, 0, Buffer.of(0, 3, 0, 1, 0, 0)));
    const decoder = createHeaderDecoder();
    const blocks = headerBlocks(ours, preface.length);
    for (const fields of lists) {
      const stream = client.request([...pseudo, ...fields].flat(), { endStream: true });
      stream.on('error', () => {});
      const { value: block } = await blocks.next();
      assert.deepEqual(decoder.decode(block ?? Buffer.alloc(0))?.fields, [...pseudo, ...fields]);
      stream.close();
    }
    client.destroy();
  });

  it('is read by Node', async () => {
    const [ours, theirs] = duplexPair();
    const session = http2.performServerHandshake(theirs, {
      maxSessionInvalidFrames: 1,
      settings: { maxConcurrentStreams: 1000 },
    });
    session.on('error', () => {});
    ours.resume();
    ours.write(preface);
    ours.write(frame(settings, 0, 0, Buffer.alloc(0)));
    for (const [at, fields] of lists.entries()) {
      const { bytes } = encodeHeaders([...pseudo, ...fields]);
      ours.write(frame(headers, endHeaders | endStream, 2 * at + 1, bytes));
      const [stream, , , raw] = await once(session, 'stream');
      const told = Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index], raw[2 * index + 1]]);
      assert.deepEqual(told, [...pseudo, ...fields]);
      stream.on('error', () => {});
      stream.close();
    }
    session.destroy();
  });
});
