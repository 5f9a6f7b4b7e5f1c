/** Stock clients against a running mesh; install.sh gets what they need. */
import assert from 'node:assert/strict';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { cache, here, installed, make, proto, protoFile, python, type Ran, root, run, skip } from './stock-tools.ts';

/** Each client: how it is made from our .proto files, how it is run, and the checks that it has. */
interface Client {
  readonly name: string;
  readonly make: () => Promise<void>;
  readonly command: (address: string) => readonly [string, ...string[]];
  readonly checks: readonly string[];
}

const stubs = join(cache, 'stubs');
const go = join(cache, 'go');
const typescript = join(cache, 'typescript');
const common = ['ready and metadata', 'infer a model and a pipeline', 'a refusal with google.rpc details'];

const clients: readonly Client[] = [
  {
    name: 'tritonclient, Python',
    make: async () => {},
    command: (address) => [python, join(here, 'python/triton_client.py'), address],
    checks: [
      'live, ready, and ready by model',
      'metadata of the server, a model and a pipeline',
      'infer a model and a pipeline, the id echoed',
      'a requested output, a priority, a time-out and parameters',
      'compression gzip',
      'compression deflate',
      'async infer with a callback',
      'cancel, and the model answers the next',
      'a client time-out',
      'errors as the client tells them',
      'the configuration of a model and a pipeline',
      'statistics of a model and a pipeline',
      'the repository: index, unload and load',
    ],
  },
  {
    name: 'stubs of grpcio-tools, Python',
    make: async () => {
      await mkdir(stubs, { recursive: true });
      const out = [`--python_out=${stubs}`, `--grpc_python_out=${stubs}`];
      await make(python, ['-m', 'grpc_tools.protoc', `-I${proto}`, ...out, protoFile]);
    },
    command: (address) => [python, join(here, 'python/stub_client.py'), address, stubs],
    checks: common,
  },
  {
    name: 'stubs of protoc-gen-go-grpc, Go',
    make: async () => {
      await cp(join(here, 'go'), go, { recursive: true });
      const out = ['go', 'go-grpc'].flatMap((plugin) => [
        `--${plugin}_out=${go}`,
        `--${plugin}_opt=module=sheaf.test/interop,M${protoFile}=sheaf.test/interop/inference`,
      ]);
      await make(python, ['-m', 'grpc_tools.protoc', `-I${proto}`, ...out, protoFile]);
      await make('go', ['build', '-o', 'client', '.'], go);
    },
    command: (address) => [join(go, 'client'), address],
    checks: [...common, 'health'],
  },
  {
    name: 'types of proto-loader-gen-types, TypeScript',
    make: async () => {
      await cp(join(here, 'typescript'), typescript, { recursive: true });
      const tool = join(root, 'node_modules/.bin/proto-loader-gen-types');
      const out = ['--grpcLib=@grpc/grpc-js', '--importFileExtension=.ts', `--outDir=${join(typescript, 'generated')}`];
      await make(process.execPath, [tool, protoFile, `--includeDirs=${proto}`, ...out]);
      await make(process.execPath, [join(root, 'node_modules/.bin/tsc'), '-p', join(typescript, 'tsconfig.json')]);
    },
    command: (address) => [process.execPath, join(typescript, 'client.ts'), address, proto],
    checks: common,
  },
];

describe('a mesh, asked by', { skip }, () => {
  let mesh: TestMesh;
  let address: string;
  before(async () => {
    assert.ok(installed, 'test/interop/install.sh has to run first');
    for (const folder of [stubs, go, typescript]) await rm(folder, { recursive: true, force: true });
    const files = {
      'models/double': sampleModels.scale(2),
      'models/slow': sampleModels.slowLoop(),
      'pipelines/quadruple.yaml': `pipeline: quadruple
inputs: { x: { datatype: FP32, shape: [-1, 2] } }
stages:
  a: { model: double, inputs: { x: x } }
  b: { model: double, inputs: { x: a.y } }
outputs: { y: b.y }
`,
    };
    mesh = await startTestMesh(files, undefined, true, ['*']);
    address = `127.0.0.1:${mesh.running.gateway.port}`;
  });
  after(() => mesh?.[Symbol.asyncDispose]());

  for (const client of clients) {
    describe(client.name, () => {
      let output = '';
      before(async () => {
        await client.make();
        const [command, ...args] = client.command(address);
        ({ output } = await run(command, args));
      });
      for (const check of client.checks)
        it(check, () => assert.ok(output.split('\n').includes(`ok ${check}`), output || 'it printed nothing'));
      it('and nothing failed that is not in this list', () => {
        assert.equal(output.match(/^(ok|FAILED) /gm)?.length, client.checks.length, output);
      });
    });
  }

  describe('grpcurl, by reflection', () => {
    const grpcurl = (...args: string[]): Promise<Ran> => run(join(cache, 'bin/grpcurl'), ['-plaintext', ...args]);
    const method = 'inference.GRPCInferenceService';

    it('lists and describes the services', async () => {
      const { output } = await grpcurl(address, 'list');
      assert.match(output, /^grpc\.health\.v1\.Health$/m);
      assert.match(output, /^inference\.GRPCInferenceService$/m);
      assert.match((await grpcurl(address, 'describe', `${method}.ModelInfer`)).output, /rpc ModelInfer/);
    });

    it('tells the metadata of a model', async () => {
      const { output } = await grpcurl('-d', '{"name":"double"}', address, `${method}/ModelMetadata`);
      assert.deepEqual(JSON.parse(output).inputs, [{ name: 'x', datatype: 'FP32', shape: ['-1', '2'] }]);
    });

    it('infers a model and a pipeline with JSON', async () => {
      for (const [model, values] of [
        ['double', [2, 4]],
        ['quadruple', [4, 8]],
      ] as const) {
        const x = { name: 'x', datatype: 'FP32', shape: [1, 2], contents: { fp32_contents: [1, 2] } };
        const request = JSON.stringify({ model_name: model, inputs: [x] });
        const { code, output } = await grpcurl('-d', request, address, `${method}/ModelInfer`);
        assert.equal(code, 0, output);
        assert.deepEqual(JSON.parse(output).outputs[0].contents.fp32Contents, values);
      }
    });

    it('is told what is wrong, with details', async () => {
      const { output } = await grpcurl('-d', '{"model_name":"nobody"}', address, `${method}/ModelInfer`);
      assert.match(output, /Code: NotFound\n {2}Message: there is no model or pipeline "nobody"/);
      assert.match(output, /"@type": "type\.googleapis\.com\/google\.rpc\.ErrorInfo"/);
    });
  });
});
