/** What the processes of a mesh load: what takes time and memory only where it is used, which is grpc-js to ask somebody else's server, the client of Redis, and what reads a folder (yaml stands for it), which services are handed over. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, type Files, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { StockClient } from '../support/stock-client.ts';

/** Says at the end of each process which of these it has loaded, in a file beside this one. */
const hook = `if (require('node:worker_threads').isMainThread)
  process.on('exit', () => {
    const loaded = ['@grpc/grpc-js', '@redis/client', 'yaml'].filter((name) =>
      Object.keys(require.cache).some((file) => file.includes('/' + name + '/')),
    );
    require('node:fs').writeFileSync(__dirname + '/' + process.pid, process.argv[1] + ' ' + loaded);
  });
`;

/** The apps whose processes there were, from the start of a mesh to its end, and what they have loaded of these. */
async function loadedBy(files: Files): Promise<readonly string[]> {
  const told = await writeFolder({ 'hook.cjs': hook });
  const { NODE_OPTIONS } = process.env;
  process.env['NODE_OPTIONS'] = `--require=${join(told, 'hook.cjs')}`;
  try {
    await using mesh = await startTestMesh(files, async () => {}, false);
    await ask(mesh.gateway, 'twice', [tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 1))]);
    using client = new StockClient(`127.0.0.1:${mesh.running.gateway.port}`);
    assert.equal((await client.call('ModelMetadata', { name: 'twice' })).error, undefined);
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = NODE_OPTIONS;
  }
  const names = (await readdir(told)).filter((name) => name !== 'hook.cjs');
  const lines = await Promise.all(names.map((name) => readFile(join(told, name), 'utf8')));
  await rm(told, { recursive: true });
  return lines.map((line) => {
    const [module = '', loaded] = line.split(' ');
    return `${basename(dirname(dirname(module)))} ${loaded}`;
  });
}

const pipeline = `pipeline: twice
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages: { only: { model: double, inputs: { x: x } } }
outputs: { y: only.y }
`;
const own: Files = { 'models/double': sampleModels.scale(2), 'pipelines/twice.yaml': pipeline };
const limits = `identity: { anonymous: { tenant: everyone } }
limits:
  - { name: burst, rate: 5/s }
`;
/** Nobody listens there. */
const far = 'services:\n  far: { models: [theirs], endpoint: 127.0.0.1:1 }\n';

describe('what is large', () => {
  it('is loaded by no process of a mesh that has no use for it', async () => {
    const loaded = await loadedBy(own);
    assert.deepEqual([...new Set(loaded)].sort(), ['gateway yaml', 'model-server ']);
  });

  it('is loaded by the gateway alone where there is a server of somebody else', async () => {
    const loaded = await loadedBy({ ...own, 'mesh.yaml': far });
    assert.deepEqual([...new Set(loaded)].sort(), ['gateway @grpc/grpc-js,yaml', 'model-server ']);
  });

  it('is loaded by the gateway alone where limits are counted in Redis', async () => {
    process.env['REDIS_URL'] = 'redis://127.0.0.1:1';
    try {
      const loaded = await loadedBy({ ...own, 'policies.yaml': limits });
      assert.deepEqual([...new Set(loaded)].sort(), ['gateway @redis/client,yaml', 'model-server ']);
    } finally {
      delete process.env['REDIS_URL'];
    }
  });
});
