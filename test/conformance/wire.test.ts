import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
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
function send(session: ClientHttp2Session, body: Uint8Array, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let status = '';
    const note = (received: Record<string, unknown>): void => {
      status = String(received['grpc-status'] ?? (status || `HTTP ${received[':status']}`));
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('error', () => resolve(status || 'reset'));
    stream.on('close', () => resolve(status || 'reset'));
    stream.resume();
    stream.setTimeout(3_000, () => reject(new Error('no answer within 3 s')));
    stream.end(body);
  });
}

/** gRPC codes by number: 3 INVALID_ARGUMENT, 4 DEADLINE_EXCEEDED, 8 RESOURCE_EXHAUSTED, 12 UNIMPLEMENTED, 13 INTERNAL. */
const cases: [string, Uint8Array, Record<string, string>, RegExp][] = [
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
];

for (const door of ['gateway', 'model server'] as const) {
  describe(`the wire at the door of the ${door}`, () => {
    let mesh: TestMesh;
    let client: StockClient;
    let session: ClientHttp2Session;
    before(async () => {
      mesh = await startTestMesh({ 'models/pair': sampleModels.scale(2) });
      client = new StockClient(door === 'gateway' ? mesh.running.gateway.port : (mesh.running.services[0]?.port ?? 0));
      session = connect(`http://${client.target}`);
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
        assert.deepEqual(next.reply.raw_output_contents, [Buffer.from(Float32Array.of(2, 4).buffer)]);
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

    it('answers a thousand damaged requests, each with a code', async () => {
      let seed = 11;
      const random = (below: number): number => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return (seed >>> 8) % below;
      };
      // model_name, one input FP32 [1,2], its raw bytes: as the protocol encodes the good request.
      const original = Buffer.concat([
        Buffer.from([0x0a, 4]),
        Buffer.from('pair'),
        Buffer.from([0x2a, 13, 0x0a, 1]),
        Buffer.from('x'),
        Buffer.from([0x12, 4]),
        Buffer.from('FP32'),
        Buffer.from([0x1a, 2, 1, 2, 0x3a, 8]),
        pairBytes,
      ]);
      assert.equal(await send(session, frame(original)), '0');
      const round = async (): Promise<void> => {
        const damaged = Buffer.from(original);
        for (let flips = 0; flips <= random(3); flips++) damaged[random(damaged.length)] = random(256);
        assert.match(await send(session, frame(damaged)), /^\d+$/, `seed ${seed}: ${damaged.toString('hex')}`);
      };
      for (let rounds = 0; rounds < 1000; rounds += 20) await Promise.all(Array.from({ length: 20 }, round));
      assert.equal((await client.call('ModelInfer', good)).code, 'OK');
    });
  });
}

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
    assert.deepEqual((await client.call('ModelInfer', { ...good, model_name: 'both' })).reply.raw_output_contents, six);
    assert.equal((await client.call('ModelInfer', { ...good, model_name: 'double' })).code, 'OK');
    await foreign[Symbol.asyncDispose]();
    const refused = await client.call('ModelInfer', { ...good, model_name: 'both' });
    assert.equal(refused.code, 'UNAVAILABLE');
    assert.equal(refused.error?.details, 'stage a: service theirs cannot be reached');
  });
});
