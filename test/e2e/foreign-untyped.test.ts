/** Servers that do not say what their models take and give, as MLServer and KServe do by default. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { elements, type Tensor, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { ask, startTestMesh, type TestMesh, writeFolder } from '../support/mesh-folder.ts';
import { type StockServer, startStockServer } from '../support/stock-server.ts';

const x = tensorOf('x', 'FP32', [2, 2], Float32Array.of(1, 2, 3, 4));
const floats = (tensor: Tensor | undefined): number[] =>
  Array.from(elements({ ...(tensor as Tensor), datatype: 'FP32' as const }));

const signature =
  '{ inputs: { x: { datatype: FP32, shape: [rows, 2] } }, outputs: { y: { datatype: FP32, shape: [rows, 2] } } }';
const service = (port: number, more = ''): string =>
  `services: { far: { models: [plain, told], endpoint: '127.0.0.1:${port}'${more} } }\n`;
const pipeline = (name: string, model: string): string => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: [-1, 2] } }
stages: { theirs: { model: ${model}, inputs: { x: x } } }
outputs: { y: theirs.y }
`;

let server: StockServer;
let mesh: TestMesh;
before(async () => {
  server = await startStockServer();
  mesh = await startTestMesh({
    'mesh.yaml': service(server.port, `, signatures: { told: ${signature} }`),
    'pipelines/through.yaml': pipeline('through', 'told'),
  });
});
after(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

describe('a model whose server does not say what it takes and gives', () => {
  it('is asked with whatever the caller sends, in any version', async () => {
    const other = { ...x, name: 'whatever' };
    for (const version of ['', '7']) {
      const { byName } = await ask(mesh.gateway, 'plain', [x, other], { version });
      assert.deepEqual([floats(byName.get('y')), floats(byName.get('whatever'))], [floats(x), floats(x)]);
    }
    const { inputs, outputs, versions } = await mesh.gateway.describe('plain', '', 5_000);
    assert.deepEqual([inputs, outputs, versions], [[], [], []]);
  });

  it('is checked, described and used by pipelines by what mesh.yaml says of it', async () => {
    assert.deepEqual(floats((await ask(mesh.gateway, 'through', [x])).outputs[0]), floats(x));
    const wrong = tensorOf('x', 'FP32', [2, 3], new Float32Array(6));
    await assert.rejects(ask(mesh.gateway, 'told', [wrong]), { code: 'INVALID_ARGUMENT', message: /want 2, got 3/ });
    const { inputs } = await mesh.gateway.describe('told', '', 5_000);
    assert.deepEqual(
      inputs.map(({ name, datatype, shape }) => [name, datatype, shape]),
      [['x', 'FP32', [-1, 2]]],
    );
  });

  it('keeps a pipeline that needs it from being served, with what to write', async () => {
    const folder = { 'mesh.yaml': service(server.port), 'pipelines/through.yaml': pipeline('through', 'plain') };
    await assert.rejects(startTestMesh(folder), (error: Error) => {
      assert.match(
        error.message,
        /pipeline through: stages\.theirs\.model: the server of service far does not say what "plain" takes and gives .*services\.far\.signatures: \{ plain: /,
      );
      return true;
    });
  });
});

describe('sheaf check', () => {
  const check = async (more: string, model = 'told'): Promise<string> => {
    const folder = await writeFolder({
      'mesh.yaml': service(1, more),
      'pipelines/through.yaml': pipeline('through', model),
    });
    return (await readMesh(folder)).problems
      .map(({ file, path, message }) => `${file}: ${path}: ${message}`)
      .join('\n');
  };

  it('checks pipelines against signatures that are written down, without the server', async () => {
    assert.equal(await check(`, signatures: { told: ${signature} }`), '');
    assert.match(
      await check(`, signatures: { told: ${signature.replace('[rows, 2]', '[rows, 3]')} }`),
      /pipelines\/through\.yaml: stages\.theirs\.inputs\.x: .*want 3, got 2/,
    );
  });

  it('finds what is wrong with them, by its place', async () => {
    assert.match(await check(', signatures: { other: {} }'), /mesh\.yaml: services\.far\.signatures\.other/);
    const unknown = `, signatures: { other: ${signature} }`;
    assert.match(
      await check(unknown),
      /services\.far\.signatures\.other: the service has no model "other"; its models are plain, told/,
    );
    assert.match(
      await check(`, signatures: { told: { inputs: { x: { datatype: FP31, shape: [1] } }, outputs: {} } }`),
      /signatures\.told\.inputs\.x\.datatype/,
    );
  });
});
