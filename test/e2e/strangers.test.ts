/** What somebody else on the machine learns of a mesh from the ports that its processes listen on: nothing. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { childrenOf, portsOf, skipWithoutProc } from '../support/listening.ts';
import { writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, startSheaf } from '../support/sheaf.ts';
import { StockClient } from '../support/stock-client.ts';
import { waitFor } from '../support/wait-for.ts';

const files = {
  'models/double': sampleModels.scale(2),
  'models/alone': sampleModels.scale(3),
  'asks.ts': `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, uses: ['double'] }, async ({ x }, context) => {
  const { y } = await context.infer('double', { x: { datatype: 'FP32', ...x } });
  return { y } as never;
});
`,
  'pipelines/nested.yaml': `pipeline: nested
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages:
  asked: { transform: ./asks.ts, inputs: { x: x } }
  last: { model: alone, inputs: { x: asked.y } }
outputs: { y: last.y }
`,
};
const secret = 'only-who-runs-this-mesh-knows-it-and-nobody-else';
const request = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '2'] }],
  raw_input_contents: [Buffer.from(Float32Array.of(1, 2).buffer)],
};

const paths = [
  ...['ServerLive', 'ServerReady', 'ServerMetadata', 'ModelReady', 'ModelMetadata', 'ModelInfer'].map(
    (method) => `/inference.GRPCInferenceService/${method}`,
  ),
  ...['Check', 'Watch', 'List'].map((method) => `/grpc.health.v1.Health/${method}`),
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  '/sheaf.mesh.v1.Mesh/Calls',
  '/sheaf.admin.v1.Admin/GetConfiguration',
  '/nobody.has.Such/Method',
];
/** A hello, and a call on behalf of a principal who may do everything. */
const principal = JSON.stringify({ id: 'root', tenant: 'victim', roles: ['infer', 'admin'], models: ['*'] });
const field = (number: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
const hello = field(1, field(1, Buffer.from([8, 1])));
const open = field(
  1,
  field(
    2,
    Buffer.concat([
      Buffer.from([8, 1, 16, 0xc0, 0x84, 0x3d]),
      field(6, Buffer.from(principal)),
      field(4, field(1, Buffer.from('double'))),
    ]),
  ),
);
const framed = (message: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

const shown = [undefined, 'Bearer', `Bearer ${secret}`, 'Basic eDp5'];

interface Told {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: number;
}

/** Starts a call whose request never ends, and answers what it is told. */
function startCall(session: ClientHttp2Session, path: string, authorization: string | undefined): Promise<Told> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(authorization === undefined ? {} : { authorization }),
  });
  stream.write(path.endsWith('/Calls') ? framed(Buffer.concat([hello, open])) : Buffer.alloc(3));
  let headers: Record<string, unknown> = {};
  let bytes = 0;
  stream.on('response', (told) => (headers = { ...headers, ...told }));
  stream.on('trailers', (told) => (headers = { ...headers, ...told }));
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
  stream.on('error', () => {});
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      stream.close();
      resolve({ headers, bytes });
    };
    // A server that waits for the rest of the request has let it in.
    const timer = setTimeout(settle, 30_000);
    stream.once('end', settle).once('close', settle);
  });
}

describe('a stranger on the machine of a mesh', { skip: skipWithoutProc }, () => {
  let folder: string;
  let mesh: RunningCommand;
  let pids: readonly number[];
  let ports: readonly number[];
  let publicPort: number;
  before(async () => {
    folder = await writeFolder(files);
    mesh = startSheaf(['up', folder, '--port', '0']);
    await waitFor(() => mesh.output().includes('the mesh is up'), mesh.output, 60_000);
    pids = childrenOf(mesh.pid);
    publicPort = Number(/^gateway is ready, pid \d+, port (\d+)/m.exec(mesh.output())?.[1]);
    ports = pids.flatMap(portsOf).filter((port) => port !== publicPort);
  });
  after(async () => {
    mesh.kill('SIGTERM');
    assert.equal((await mesh.ended).code, 0, mesh.output());
    await rm(folder, { recursive: true });
  });

  it('is refused at once, whatever is asked, with nothing but that, at every port but the public one', async () => {
    // Three services, and the internal server of the gateway.
    assert.equal(ports.length, 4, mesh.output());
    const told = new Set<unknown>();
    const letIn: string[] = [];
    for (const port of ports) {
      const session = connect(`http://127.0.0.1:${port}`).on('error', () => {});
      const attempts = paths.flatMap((path) => shown.map((one) => ({ path, one })));
      await Promise.all(
        attempts.map(async ({ path, one }) => {
          const { headers, bytes } = await startCall(session, path, one);
          if (headers['grpc-status'] !== '16' || bytes > 0) letIn.push(`${port}${path} ${one} ${bytes}`);
          told.add(headers['grpc-message']);
        }),
      );
      session.destroy();
    }
    assert.deepEqual(letIn, []);
    assert.equal(told.size, 1);
  });

  it('keeps nobody from asking the gateway, who asks the services, of which one asks the gateway', async () => {
    using client = new StockClient(publicPort);
    const { code, reply } = await client.call('ModelInfer', { ...request, model_name: 'nested' });
    assert.equal(code, 'OK');
    assert.deepEqual(reply['raw_output_contents'], [Buffer.from(Float32Array.of(6, 12).buffer)]);
  });
});
