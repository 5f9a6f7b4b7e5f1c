/** What balancers and ingresses send, which no client library does: headers of their own, probes, HTTP/1.1. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import protobuf from 'protobufjs';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { secretFile, secretLine, testBearer } from '../support/mesh-secret.ts';

const inferPath = '/inference.GRPCInferenceService/ModelInfer';
const checkPath = '/grpc.health.v1.Health/Check';

/** As an ingress writes UTF-8 into a header: its bytes. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

/** Refuses every city but one, by its name. */
const onlyZurich = `pipeline: local
context: { city: { metadata: x-city, default: nowhere } }
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages: { only: { model: double, inputs: { x: x } } }
outputs: { y: only.y }
rules: { before: [{ name: elsewhere, when: 'context.city != "Zürich"', refuse: { message: it is not for you } }] }
`;

const inferMessage = (model: string): Buffer => {
  const writer = protobuf.Writer.create().uint32(0x0a).string(model);
  writer.uint32(0x2a).fork().uint32(0x0a).string('x').uint32(0x12).string('FP32');
  writer.uint32(0x1a).bytes(Uint8Array.of(1, 2)).ldelim();
  return Buffer.from(
    writer
      .uint32(0x3a)
      .bytes(Buffer.from(Float32Array.of(1, 2).buffer))
      .finish(),
  );
};

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

interface Answer {
  /** Of gRPC; empty where there was none. */
  readonly status: string;
  readonly httpStatus: number | undefined;
  readonly message: Buffer;
}

/** What is shown on each call of a session. */
const shown = new WeakMap<ClientHttp2Session, Record<string, string>>();

/** `body`, or none: then there is no DATA frame. */
async function send(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body: Uint8Array | undefined,
): Promise<Answer> {
  const stream = session.request(
    { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers', ...shown.get(session), ...headers },
    { endStream: body === undefined },
  );
  let status = '';
  let httpStatus: number | undefined;
  const chunks: Buffer[] = [];
  stream.on('response', (received) => {
    httpStatus = received[':status'];
    status = String(received['grpc-status'] ?? '');
  });
  stream.on('trailers', (received) => {
    status = String(received['grpc-status'] ?? status);
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => {});
  if (body !== undefined) stream.end(body);
  await new Promise((resolve) => stream.on('close', resolve));
  return { status, httpStatus, message: Buffer.concat(chunks).subarray(5) };
}

describe('a server behind an ingress or a balancer', () => {
  let mesh: TestMesh;
  let guarded: TestMesh;
  const sessions = new Map<string, ClientHttp2Session>();
  const files = {
    'models/double': sampleModels.scale(2),
    'pipelines/local.yaml': onlyZurich,
    'mesh.yaml': secretLine,
    ...secretFile,
  };
  before(async () => {
    mesh = await startTestMesh(files);
    guarded = await startTestMesh({ ...files, 'policies.yaml': 'identity: { keys: true }\n' });
    sessions.set('gateway', connect(`http://127.0.0.1:${mesh.running.gateway.port}`));
    sessions.set('service', connect(`http://127.0.0.1:${mesh.running.services[0]?.port}`));
    shown.set(to('service'), Object.fromEntries([testBearer]));
    sessions.set('guarded gateway', connect(`http://127.0.0.1:${guarded.running.gateway.port}`));
  });
  after(async () => {
    for (const session of sessions.values()) session.destroy();
    await mesh[Symbol.asyncDispose]();
    await guarded[Symbol.asyncDispose]();
  });
  const to = (name: string): ClientHttp2Session => {
    const session = sessions.get(name);
    assert.ok(session);
    return session;
  };

  it('takes a call whose headers hold other letters than ASCII', async () => {
    for (const city of ['Zürich', 'São Paulo', '東京', 'a\tb'].map(bytesOf).concat('Z\xfcrich', '\xff\xfe'))
      for (const name of ['gateway', 'service']) {
        const headers = { 'x-city': city };
        const inferred = await send(to(name), { ...headers, ':path': inferPath }, framed(inferMessage('double')));
        assert.equal(inferred.status, '0', `${city} ${name}`);
        const live = '/inference.GRPCInferenceService/ServerLive';
        assert.equal((await send(to(name), { ...headers, ':path': live }, framed(Buffer.alloc(0)))).status, '0');
      }
  });

  it('reads them as UTF-8 where a pipeline asks for them', async () => {
    const inCity = (city: string) =>
      send(to('gateway'), { ':path': inferPath, 'x-city': city }, framed(inferMessage('local')));
    assert.equal((await inCity(bytesOf('Zürich'))).status, '0');
    for (const city of [bytesOf('Bern'), 'Z\xfcrich', bytesOf('Zürich\u009b')])
      assert.notEqual((await inCity(city)).status, '0', city);
  });

  it('lets nobody see control characters, in whatever header', async () => {
    const quiet = { ':path': inferPath, 'x-city': bytesOf('Zürich') };
    const local = framed(inferMessage('local'));
    assert.equal((await send(to('gateway'), quiet, local)).status, '0');
    for (const value of ['\r\nb: c', '\n', '\r', '\0', '\x1b[2J', '\x7f']) {
      const { status } = await send(to('gateway'), { ...quiet, 'x-city': `${bytesOf('Zürich')}${value}` }, local);
      assert.notEqual(status, '0', JSON.stringify(value));
    }
    assert.equal((await send(to('gateway'), quiet, local)).status, '0');
  });

  it('answers a health check that has no message, or no DATA frame at all, as one for the server', async () => {
    const serving = Buffer.from([8, 1]);
    for (const name of ['gateway', 'service'])
      for (const body of [framed(Buffer.alloc(0)), Buffer.alloc(0), undefined]) {
        const { status, message } = await send(to(name), { ':path': checkPath }, body);
        assert.equal(status, '0', name);
        assert.deepEqual(message, serving, name);
      }
  });

  it('says UNIMPLEMENTED of a path that there is not, whoever asks; of one that there is, that a credential is missing', async () => {
    for (const path of [
      '/AWS.ALB/healthcheck',
      '/grpc.health.v1.Health/Nothing',
      '/',
      '/inference.GRPCInferenceService/',
    ])
      for (const body of [framed(Buffer.alloc(0)), undefined])
        for (const name of ['gateway', 'guarded gateway'])
          assert.equal((await send(to(name), { ':path': path }, body)).status, '12', `${path} ${name}`);
    for (const path of [inferPath, '/sheaf.admin.v1.Admin/Drain', '/grpc.health.v1.Health/List'])
      assert.equal((await send(to('guarded gateway'), { ':path': path }, framed(Buffer.alloc(0)))).status, '16', path);
  });

  it('closes a connection that speaks HTTP/1.1 at once', async () => {
    for (const { port } of [mesh.running.gateway, guarded.running.gateway, ...mesh.running.services])
      for (const request of ['GET / HTTP/1.1\r\nhost: x\r\n\r\n', 'POST /v2 HTTP/1.0\r\n\r\n', 'GET /x HTTP/1.1\r\n']) {
        const socket = connectTcp(port, '127.0.0.1');
        socket.resume().write(request);
        // Not as late as one that says nothing: after 30 s at the earliest.
        await once(socket, 'close', { signal: AbortSignal.timeout(20_000) });
      }
    assert.equal((await send(to('gateway'), { ':path': inferPath }, framed(inferMessage('double')))).status, '0');
  });
});
