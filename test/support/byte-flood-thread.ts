/** The thread of a `byteFlood`: callers of large messages, some that are never whole, that are bombs when they are unpacked, and whose answers nobody reads. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { parentPort, workerData } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import type { ByteFloodCounts, ByteFloodOptions } from './byte-flood.ts';
import { inferPath } from './caller.ts';

const { port, keys, bytes, decent = 0, shorts = 0, bombs = 0, slowReaders = 0 } = workerData as ByteFloodOptions;
const callsEach = 4;

/** A frame of gRPC around a request of `model` with so many zeros. */
function frameOf(model: string, zeros: number, pack = false): Buffer {
  const writer = protobuf.Writer.create().uint32(0x0a).string(model);
  writer.uint32(0x2a).fork().uint32(0x0a).string('x').uint32(0x12).string('UINT8');
  writer.uint32(0x1a).fork().uint32(zeros).ldelim().ldelim();
  const plain = Buffer.from(writer.uint32(0x3a).bytes(new Uint8Array(zeros)).finish());
  const message = pack ? gzipSync(plain) : plain;
  const head = Buffer.from([pack ? 1 : 0, 0, 0, 0, 0]);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const counts: ByteFloodCounts = {};
const sessions: ClientHttp2Session[] = [];

/** `maxSessionMemory`: what waits to be sent counts, and Node would have it that answers are too much then. */
function connected(index: number, settings = {}): (headers?: Record<string, string>) => ClientHttp2Stream {
  const session = connect(`http://127.0.0.1:${port}`, { settings, maxSessionMemory: 1_000 }).on('error', () => {});
  sessions.push(session);
  const key = keys[index % keys.length];
  return (headers = {}) =>
    session
      .request({
        ':method': 'POST',
        ':path': inferPath,
        'content-type': 'application/grpc',
        'grpc-timeout': '60S',
        ...(key && { 'x-api-key': key }),
        ...headers,
      })
      .on('error', () => {});
}

/** Counts what a call came to, once it is over. */
function outcome(stream: ClientHttp2Stream): Promise<void> {
  let status = 'none';
  const hear = (headers: Record<string, unknown>): void => {
    if (headers['grpc-status'] !== undefined) status = String(headers['grpc-status']);
  };
  stream.on('response', hear).on('trailers', hear).resume();
  return new Promise((resolve) =>
    stream.on('close', () => {
      counts[status] = (counts[status] ?? 0) + 1;
      resolve();
    }),
  );
}

const large = frameOf('bytes', bytes);
const oneShort = large.subarray(0, large.length - 1);
const bomb = frameOf('length', 2 * bytes - 1024, true);
const all: Promise<unknown>[] = [];
const calls = (count: number, call: (index: number) => void): void => {
  for (let index = 0; index < count; index++) call(index);
};
calls(decent / callsEach, (index) => {
  const open = connected(index);
  calls(callsEach, () => all.push(outcome(open().end(large))));
});
calls(shorts / callsEach, (index) => {
  const open = connected(index);
  calls(callsEach, () => {
    const stream = open();
    stream.write(oneShort);
    all.push(outcome(stream));
  });
});
calls(bombs / callsEach, (index) => {
  const open = connected(index);
  calls(callsEach, () => {
    const stream = open({ 'grpc-encoding': 'gzip' });
    stream.end(bomb);
    all.push(outcome(stream));
  });
});
calls(slowReaders / callsEach, (index) => {
  const open = connected(index, { initialWindowSize: 0 });
  // They stay until all is done; an answer that has begun is not to be read.
  calls(callsEach, () => {
    const stream = open().end(large);
    all.push(Promise.race([once(stream, 'response'), once(stream, 'close')]));
  });
});
await Promise.all(all);
for (const session of sessions) session.destroy();
parentPort?.postMessage(counts);
