/** Sends byte by byte what no client library sends. Long, since it is one table of what comes in and what must come out, for both servers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sampleModels } from '@sheaf/onnx/testing';
import protobuf from 'protobufjs';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { secretFile, secretLine, testBearer } from '../support/mesh-secret.ts';
import { call, headerBlock, inferHeaders, type Outcome, sendFrames } from '../support/raw-http2.ts';
import { StockClient } from '../support/stock-client.ts';

const pairBytes = Buffer.from(Float32Array.of(1, 2).buffer);
const good = {
  model_name: 'pair',
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '2'] }],
  raw_input_contents: [pairBytes],
};

/** A gRPC message: a flag, a length, the bytes. */
function frame(body: Uint8Array, flag = 0, length = body.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, body]);
}

/** What a client library would not send. Answers the gRPC status, or the HTTP one where there is none. */
const [name, value] = testBearer;
const shownHeaders = [...inferHeaders(), testBearer];

function send(session: ClientHttp2Session, body: Uint8Array, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
      te: 'trailers',
      [name]: value,
      ...headers,
    });
    let status = '';
    const note = (received: Record<string, unknown>): void => {
      assert.doesNotMatch(String(received['grpc-message']), /\/(home|tmp|work|usr)\/|node:|\.ts\b|127\.0\.0\.1/);
      status = String(received['grpc-status'] ?? (status || `HTTP ${received[':status']}`));
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('error', () => resolve(status || 'reset'));
    stream.on('close', () => resolve(status || 'reset'));
    stream.resume();
    stream.setTimeout(10_000, () => reject(new Error('no answer within 10 s')));
    stream.end(body);
  });
}

/** `body` with its gzip as the protocol wants it compressed. */
const gzipped = (body: Uint8Array): Buffer => frame(gzipSync(body), 1);
const gzip = { 'grpc-encoding': 'gzip' };
const limitBytes = 4 * 1024 * 1024;

/** A field that nobody knows, of a size: number 100, length-delimited. */
function unknownField(bytes: number): Buffer {
  const writer = protobuf.Writer.create().uint32((100 << 3) | 2);
  return Buffer.concat([Buffer.from(writer.bytes(new Uint8Array(bytes)).finish())]);
}
const goodBytes = encodeGood();
/** The good request with something beside it, of a size all together. */
const sized = (bytes: number): Buffer => Buffer.concat([goodBytes, unknownField(bytes - goodBytes.length - 6)]);

function encodeGood(parameters: (writer: protobuf.Writer) => void = () => {}): Buffer {
  const writer = protobuf.Writer.create().uint32(0x0a).string('pair');
  parameters(writer);
  writer.uint32(0x2a).fork().uint32(0x0a).string('x').uint32(0x12).string('FP32');
  writer.uint32(0x1a).bytes(Uint8Array.of(1, 2)).ldelim();
  return Buffer.from(writer.uint32(0x3a).bytes(pairBytes).finish());
}

/** One entry of the map of parameters: `key` and the bytes of an InferParameter. */
const entry = (writer: protobuf.Writer, key: string, value: readonly number[]): protobuf.Writer =>
  writer.uint32(0x22).fork().uint32(0x0a).string(key).uint32(0x12).bytes(Uint8Array.from(value)).ldelim();

const repeated = (part: Uint8Array, count: number): Buffer => Buffer.concat(Array<Uint8Array>(count).fill(part));

/** gRPC codes by number: 0 OK, 3 INVALID_ARGUMENT, 4 DEADLINE_EXCEEDED, 8 RESOURCE_EXHAUSTED, 12 UNIMPLEMENTED, 13 INTERNAL. */
type Case = [string, Uint8Array, Record<string, string>, RegExp];
const cases: Case[] = [
  ['a varint without end', frame(Buffer.alloc(12, 0xff)), {}, /^(3|13)$/],
  ['wire type 7', frame(Buffer.from([0x0f, 1])), {}, /^(3|13)$/],
  ['a truncated field', frame(Buffer.from([0x0a, 9, 65])), {}, /^(3|13)$/],
  ['a group without end', frame(Buffer.from([0x0b])), {}, /^(3|13)$/],
  ['no message', Buffer.alloc(0), {}, /^(3|12|13)$/],
  ['two messages', Buffer.concat([frame(Buffer.alloc(0)), frame(Buffer.alloc(0))]), {}, /^(3|12|13)$/],
  ['a message that ends early', frame(Buffer.from([1]), 0, 100), {}, /^(3|12|13|reset)$/],
  ['a length of 4 GiB', frame(Buffer.from([1]), 0, 2 ** 32 - 1), {}, /^8$/],
  ['a compressed flag without an encoding', frame(Buffer.from([1]), 1), {}, /^(3|12|13)$/],
  ['an unknown encoding', frame(Buffer.alloc(0), 1), { 'grpc-encoding': 'brotli' }, /^12$/],
  ['a deadline of 1 ns', frame(Buffer.alloc(0)), { 'grpc-timeout': '1n' }, /^4$/],
  ['an unknown method', frame(Buffer.alloc(0)), { ':path': '/inference.GRPCInferenceService/Nothing' }, /^12$/],
  ['a wrong content type', frame(Buffer.alloc(0)), { 'content-type': 'text/plain' }, /^HTTP 415$/],
  ['another HTTP method', frame(Buffer.alloc(0)), { ':method': 'PUT' }, /^HTTP 405$/],
  ['an unknown service', frame(Buffer.alloc(0)), { ':path': '/nobody/Nothing' }, /^12$/],
  ['a flag byte of 7', frame(goodBytes, 7), {}, /^3$/],
  ['a bomb of 200 MiB in 200 kB of gzip', gzipped(Buffer.alloc(200 * 1024 * 1024)), gzip, /^8$/],
  ['a gzip just over the limit', gzipped(sized(limitBytes + 1)), gzip, /^8$/],
  ['a gzip just at the limit', gzipped(sized(limitBytes)), gzip, /^0$/],
  ['gzip that is none', frame(Buffer.from('no gzip'), 1), gzip, /^(3|13)$/],
  ['gzip in gzip', gzipped(gzipSync(goodBytes)), { 'grpc-encoding': 'gzip, gzip' }, /^(3|12|13)$/],
  ['wire type 6', frame(Buffer.from([0x0e, 1])), {}, /^(3|13)$/],
  [
    'a tensor whose name is longer than it',
    frame(Buffer.from([0x2a, 3, 0x0a, 9, 65, 0x3a, 4, 1, 2, 3, 4])),
    {},
    /^(3|13)$/,
  ],
  ['a name in overlong UTF-8', frame(Buffer.from([0x0a, 4, 0xc0, 0xae, 0xc0, 0xae])), {}, /^3$/],
  [
    'a million unknown fields',
    frame(Buffer.concat([goodBytes, repeated(Uint8Array.of(0xf8, 0x07, 1), 1_000_000)])),
    {},
    /^0$/,
  ],
  [
    'a million dimensions',
    frame(
      Buffer.concat([
        goodBytes,
        Buffer.from(
          protobuf.Writer.create()
            .uint32(0x2a)
            .fork()
            .uint32(0x1a)
            .bytes(new Uint8Array(1_000_000).fill(1))
            .ldelim()
            .finish(),
        ),
      ]),
    ),
    {},
    /^3$/,
  ],
  [
    'a parameter given a thousand times',
    frame(
      encodeGood((writer) => {
        for (let n = 0; n < 1_000; n++) entry(writer, 'a', [0x08, 1]);
      }),
    ),
    {},
    /^0$/,
  ],
  [
    'a parameter with two kinds of value, the last of which counts',
    frame(
      encodeGood((writer) => {
        entry(writer, 'a', [0x08, 1, 0x10, 7]);
      }),
    ),
    {},
    /^0$/,
  ],
  // Six hundred pairs of surrogates after one letter: a text that is cut to an even length ends in half of one.
  ...[1, 63, 600].map((pairs): Case => {
    const name = `a${'\u{1F600}'.repeat(pairs)}`;
    const body = encodeGood((writer) => {
      writer.uint32((6 << 3) | 2).fork();
      writer.uint32((1 << 3) | 2).string(name);
      writer.ldelim();
    });
    return [`a wanted output whose name has ${pairs} pairs of surrogates`, frame(body), {}, /^3$/];
  }),
  [
    'a parameter called __proto__',
    frame(
      encodeGood((writer) => {
        entry(writer, '__proto__', [0x08, 1]);
      }),
    ),
    {},
    /^0$/,
  ],
  ...['0m', '-1S', '1.5S', '123456789S', 'soon', '1', ''].map(
    (timeout): Case => [
      `a grpc-timeout of "${timeout}"`,
      frame(goodBytes),
      { 'grpc-timeout': timeout },
      timeout === '0m' ? /^4$/ : /^3$/,
    ],
  ),
  ...[
    '/inference.GRPCInferenceService/ServerReady',
    '/grpc.health.v1.Health/Check',
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  ].flatMap((path): Case[] => [
    [`a damaged message for ${path}`, frame(Buffer.from([0x0a, 9, 65])), { ':path': path }, /^3$/],
    [`128 KiB and a byte for ${path}`, frame(unknownField(128 * 1024 - 4)), { ':path': path }, /^8$/],
    [`as much in gzip for ${path}`, gzipped(unknownField(128 * 1024 - 4)), { ':path': path, ...gzip }, /^8$/],
    [`128 KiB for ${path}`, frame(unknownField(128 * 1024 - 5)), { ':path': path }, /^(0|5)$/],
  ]),
  ['70 kB of metadata', frame(goodBytes), { 'x-large': 'x'.repeat(70_000) }, /^(8|reset)$/],
  ['33 kB of metadata', frame(goodBytes), { 'x-large': 'x'.repeat(33_000) }, /^8$/],
  ['15 kB of metadata', frame(goodBytes), { 'x-large': 'x'.repeat(15_000) }, /^0$/],
  ['binary metadata that is no base64', frame(goodBytes), { 'x-bin': '%%%' }, /^3$/],
  [
    'metadata called __proto__ and constructor',
    frame(goodBytes),
    JSON.parse('{"__proto__":"a","constructor":"b"}'),
    /^0$/,
  ],
];

for (const server of ['gateway', 'model server'] as const) {
  describe(`the wire of the ${server}`, () => {
    let mesh: TestMesh;
    let client: StockClient;
    let session: ClientHttp2Session;
    before(async () => {
      mesh = await startTestMesh({
        'models/pair': sampleModels.scale(2),
        'mesh.yaml': `limits: { messageBytesMax: ${limitBytes} }\n${secretLine}`,
        ...secretFile,
      });
      const { gateway, services, secret } = mesh.running;
      client =
        server === 'gateway' ? new StockClient(gateway.port) : new StockClient(services[0]?.port ?? 0, {}, secret);
      session = connect(`http://${client.target}`, { maxSendHeaderBlockLength: 1024 * 1024 });
    });
    after(async () => {
      session.destroy();
      client[Symbol.dispose]();
      await mesh[Symbol.asyncDispose]();
    });

    it('takes as many streams of one connection as its limit says', async () => {
      await client.call('ServerLive', {});
      assert.equal(session.remoteSettings.maxConcurrentStreams, 256);
    });

    it('has its receive window raised, by a private field of grpc-js', async () => {
      await client.call('ServerLive', {});
      assert.equal(session.remoteSettings.initialWindowSize, 8 * 1024 * 1024);
    });

    for (const [name, body, headers, status] of cases) {
      it(`survives ${name}, and answers the next request as before`, async () => {
        const pids = [mesh.running.gateway.pid, ...mesh.running.services.map(({ pid }) => pid)];
        assert.match(await send(session, body, headers), status);
        const next = await client.call('ModelInfer', good);
        assert.deepEqual(next.reply['raw_output_contents'], [Buffer.from(Float32Array.of(2, 4).buffer)]);
        assert.deepEqual([mesh.running.gateway.pid, ...mesh.running.services.map(({ pid }) => pid)], pids);
      });
    }

    it('takes 64 parameters with names that objects already have, and refuses the 65th', async () => {
      const named = (count: number) => ({
        ...good,
        parameters: Object.fromEntries([
          ['__proto__', { bool_param: true }],
          ...Array.from({ length: count - 1 }, (_, index) => [`p${index}`, { int64_param: '1' }]),
        ]),
      });
      assert.equal((await client.call('ModelInfer', named(64))).code, 'OK');
      assert.equal(({} as { bool_param?: boolean }).bool_param, undefined);
      const refused = await client.call('ModelInfer', named(66));
      assert.equal(refused.code, 'RESOURCE_EXHAUSTED');
      assert.match(refused.error?.details ?? '', /parameters: want at most 64/);
    });

    it('takes 64 requested outputs no better than one that is not there, and refuses the 65th before it looks', async () => {
      const asking = (count: number) => ({
        ...good,
        outputs: Array.from({ length: count }, (_, index) => ({ name: `z${index}` })),
      });
      assert.equal((await client.call('ModelInfer', asking(64))).code, 'INVALID_ARGUMENT');
      assert.equal((await client.call('ModelInfer', asking(65))).code, 'RESOURCE_EXHAUSTED');
    });

    it('closes a connection whose headers cannot be read, and refuses a header that is none', async () => {
      const port = Number(client.target.split(':')[1]);
      const blocks: [Buffer, Outcome[]][] = [
        [Buffer.from([0xff, 0xff, 0xff, 0x7f]), ['goaway', 'closed']],
        [
          Buffer.concat([headerBlock(shownHeaders), Buffer.from([0x00, 0x7f, 0xff, 0xff, 0xff, 0x7f])]),
          ['goaway', 'closed'],
        ],
        [headerBlock([...shownHeaders, ['x\u0001y', 'z']]), ['reset']],
        [headerBlock([...shownHeaders, ['x-line', 'a\r\nb: c']]), ['reset']],
        [headerBlock([...shownHeaders, ['X-Upper', 'a']]), ['reset']],
        ...[' a', 'a ', '\ta', 'a\t', ' '].map((value): [Buffer, Outcome[]] => [
          headerBlock([...shownHeaders, ['x-space', value], ['x-after', 'b']]),
          ['reset'],
        ]),
      ];
      for (const [block, outcomes] of blocks) {
        const outcome = await sendFrames(port, call(block, frame(goodBytes)));
        assert.ok(outcomes.includes(outcome), `${outcome}: ${block.toString('latin1')}`);
      }
      assert.equal(await sendFrames(port, call(headerBlock(shownHeaders), frame(goodBytes))), 'answered');
      assert.equal((await client.call('ModelInfer', good)).code, 'OK');
    });

    it('answers or refuses each of 5,000 calls at once on one connection, and keeps none waiting', async () => {
      const statuses = await Promise.all(Array.from({ length: 5_000 }, () => send(session, frame(goodBytes))));
      assert.ok(
        statuses.every((status) => /^(0|14|reset)$/.test(status)),
        [...new Set(statuses)].join(),
      );
      assert.equal((await client.call('ModelInfer', good)).code, 'OK');
    });

    it('answers a thousand damaged requests, each with a code', async () => {
      let seed = 11;
      const random = (below: number): number => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return (seed >>> 8) % below;
      };
      assert.equal(await send(session, frame(goodBytes)), '0');
      const damage = (): Buffer => {
        let bytes = Buffer.from(goodBytes);
        for (let times = 0; times <= random(3); times++) {
          const at = random(bytes.length);
          const kind = random(4);
          // Overwritten, left out, put in, cut off.
          if (kind === 0) bytes[at] = random(256);
          else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
          else if (kind === 2)
            bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256)]), bytes.subarray(at)]);
          else bytes = bytes.subarray(0, at + 1);
        }
        return bytes;
      };
      const round = async (): Promise<void> => {
        const from = seed;
        const damaged = damage();
        assert.match(await send(session, frame(damaged)), /^\d+$/, `seed ${from}: ${damaged.toString('hex')}`);
      };
      for (let rounds = 0; rounds < 1000; rounds += 20) await Promise.all(Array.from({ length: 20 }, round));
      assert.equal((await client.call('ModelInfer', good)).code, 'OK');
    });
  });
}

describe('a caller that never sends its request', () => {
  it('is answered when its time is up; one that sends slowly but in time is served', async () => {
    await using mesh = await startTestMesh({
      'models/pair': sampleModels.scale(2),
      'mesh.yaml': `limits: { requestArrivalMaxMs: 1000 }\n${secretLine}`,
      ...secretFile,
    });
    for (const { port } of [mesh.running.gateway, ...mesh.running.services]) {
      const session = connect(`http://127.0.0.1:${port}`);
      const open = (): ClientHttp2Stream =>
        session.request({
          ':method': 'POST',
          ':path': '/inference.GRPCInferenceService/ModelInfer',
          'content-type': 'application/grpc',
          te: 'trailers',
          [name]: value,
        });
      const silent = open();
      const [headers] = await once(silent, 'response');
      assert.equal(headers['grpc-status'], '4');
      assert.match(decodeURI(String(headers['grpc-message'])), /did not arrive within 1000 ms/i);
      const slow = open();
      const answer = once(slow, 'trailers');
      for (const byte of frame(goodBytes)) slow.write(Buffer.from([byte]));
      slow.end();
      slow.resume();
      assert.equal((await answer)[0]['grpc-status'], '0');
      session.destroy();
    }
  });
});

describe('a foreign server', () => {
  it('is a service by its address: its models are served alone and as stages, and its absence is told at once', async () => {
    const foreign = await startTestMesh({ 'models/double': sampleModels.scale(2) });
    await using mesh = await startTestMesh({
      'models/triple': sampleModels.scale(3),
      'mesh.yaml': `services:\n  theirs: { models: [double], endpoint: '127.0.0.1:${foreign.running.gateway.port}', protocol: open-inference }\n`,
      'pipelines/both.yaml':
        'pipeline: both\ninputs: { x: { datatype: FP32, shape: [-1, 2] } }\nstages:\n  a: { model: double, inputs: { x: x } }\n  b: { model: triple, inputs: { x: a.y } }\noutputs: { y: b.y }\n',
    });
    using client = new StockClient(mesh.running.gateway.port);
    const six = [Buffer.from(Float32Array.of(6, 12).buffer)];
    assert.deepEqual(
      (await client.call('ModelInfer', { ...good, model_name: 'both' })).reply['raw_output_contents'],
      six,
    );
    assert.equal((await client.call('ModelInfer', { ...good, model_name: 'double' })).code, 'OK');
    await foreign[Symbol.asyncDispose]();
    const refused = await client.call('ModelInfer', { ...good, model_name: 'both' });
    assert.equal(refused.code, 'UNAVAILABLE');
    assert.equal(refused.error?.details, 'stage a: service theirs cannot be reached');
  });
});
