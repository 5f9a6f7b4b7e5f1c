/** A machine whose environment names an HTTP proxy, as that of every company does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, type Elements, elements, type Tensor, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { createServer } from '@sheaf/transport';
import { startRecordingProxy } from '../support/http-proxy.ts';
import { ask, startTestMesh } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

/** Nobody listens there. */
const deadProxy = 'http://127.0.0.1:9';

/** Asks `double` while a transform, which runs in a process of its own, asks it through the gateway's internal server. */
const seek = `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, uses: ['double'] }, async ({ x }, context) => {
  const { y } = await context.infer('double', { x: { datatype: 'FP32', shape: x.shape, data: x.data } }, ['y']);
  return { y: { shape: y.shape, data: y.data } };
});
`;

const files = {
  'models/double': sampleModels.scale(2),
  'seek.ts': seek,
  'pipelines/twice.yaml': `pipeline: twice
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages:
  first: { model: double, inputs: { x: x } }
  second: { transform: ./seek.ts, inputs: { x: first.y } }
outputs: { y: second.y }
`,
};
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

const numbers = (tensor: Tensor | undefined) => tensor && Array.from(elements(tensor as never) as Elements['FP32']);

/** Runs `work` in an environment of processes that has these variables. */
async function within<T>(variables: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}

/** Answers what a client, `sheaf infer` and `sheaf admin` got from a mesh of this environment. */
async function askAll(): Promise<void> {
  await using mesh = await startTestMesh(files);
  const { byName } = await ask(mesh.gateway, 'twice', [x]);
  assert.deepEqual(numbers(byName.get('y')), [4, 8]);
  const address = `127.0.0.1:${mesh.running.gateway.port}`;
  const inferred = await runSheaf(['infer', 'twice', '[[1, 2]]', '--address', address]);
  assert.equal(inferred.code, 0, inferred.stderr);
  const told = await runSheaf(['admin', 'config', '--address', address]);
  assert.equal(told.code, 0, told.stderr);
}

const row = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 2] }) as const;

/** Somebody else's server, which answers what it was sent. */
async function openForeign() {
  const server = await createServer(
    { name: 'foreign', host: '127.0.0.1', port: 0, limits: defaultLimits },
    {
      infer: async ({ model, inputs }) => ({ model, version: '1', parameters: new Map(), outputs: inputs }),
      describe: (name) => ({ name, versions: ['1'], platform: 'test', inputs: [row('x')], outputs: [row('x')] }),
      isReady: () => true,
      names: () => ['echo'],
      snapshot: () => ({ epoch: 1 }),
      onJournal: () => {},
    },
  );
  server.open();
  return { port: server.port, [Symbol.asyncDispose]: () => server.close(1_000) };
}

const farMesh = (endpoint: string) => ({
  'mesh.yaml': `services:\n  far: { models: [echo], endpoint: '${endpoint}' }\n`,
});

describe('a mesh where the environment names an HTTP proxy', () => {
  it('works where the proxy is down', async () => {
    const all = Object.fromEntries(['http_proxy', 'https_proxy', 'grpc_proxy'].map((name) => [name, deadProxy]));
    await within(all, askAll);
  });

  it('sends nothing of its own through it', async () => {
    await using proxy = await startRecordingProxy();
    await within({ http_proxy: proxy.url }, askAll);
    assert.deepEqual(proxy.asked, []);
  });

  it("asks somebody else's server through it, by a name that perhaps only the proxy knows", async () => {
    await using foreign = await openForeign();
    await using proxy = await startRecordingProxy({ 'echo.example': foreign.port });
    await within({ grpc_proxy: proxy.url }, async () => {
      await using mesh = await startTestMesh(farMesh('dns:///echo.example:8001'));
      const { byName } = await ask(mesh.gateway, 'echo', [x]);
      assert.deepEqual(numbers(byName.get('x')), [1, 2]);
    });
    assert.deepEqual([...new Set(proxy.asked)], ['CONNECT echo.example:8001 HTTP/1.1']);
  });

  it('asks one that no_proxy names by itself', async () => {
    await using foreign = await openForeign();
    await using proxy = await startRecordingProxy();
    await within({ http_proxy: proxy.url, no_proxy: 'intranet.example,localhost' }, async () => {
      await using mesh = await startTestMesh(farMesh(`localhost:${foreign.port}`));
      await ask(mesh.gateway, 'echo', [x]);
    });
    assert.deepEqual(proxy.asked, []);
  });
});
